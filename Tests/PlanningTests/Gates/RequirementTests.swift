// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("What a requirement asks of another environment")
struct RequirementTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private static let day = Environment.Requirement(environment: "staging", healthyFor: .seconds(86_400))
    private static let mine = RolloutContent(
        images: ["api": ["api:2"]], reads: ["base/api.yaml": "b1", "overlays/production/patch.yaml": "p1"])
    private static let theirs = RolloutContent(
        images: ["api": ["api:2"]], reads: ["base/api.yaml": "b1", "overlays/staging/patch.yaml": "s1"])

    private static func standing(
        _ age: Int?, _ content: RolloutContent = theirs, digest: String = "two"
    ) -> DeployedState {
        DeployedState(
            revision: "1234567890", digest: digest, content: content, healthySince: age.map { now + .seconds(-$0) })
    }

    private static func asked(_ course: RequiredRevision.Course) -> RequiredRevision {
        RequiredRevision(revision: "abcdefghij", digest: "two", course: course)
    }

    @Test("What was looked at there has to run, and to have been well for long enough")
    func looked() {
        let settled = Self.asked(.settled(bake: .zero))
        func state(_ standing: DeployedState?, jumped: Duration = .zero) -> RequirementState {
            .of(Self.day, standing, asked: settled, now: Self.now, jumped: jumped)
        }
        #expect(state(nil).wait?.reason == .requirement)
        #expect(state(Self.standing(86_400)) == .met)
        #expect(
            state(Self.standing(86_399))
                == .soaking(Self.day, since: Self.now + .seconds(-86_399), jumped: .zero))
        #expect(state(Self.standing(nil)) == .unhealthy(Self.day))
        let skipped = state(Self.standing(90_000), jumped: .seconds(80_000))
        #expect(skipped.wait?.reason == .clockJumped, "a day that was skipped is no day")
    }

    @Test("On another branch the same images, and the same files of both, have to run there")
    func sideBySide() {
        func state(_ content: RolloutContent, failed: String? = nil) -> RequirementState {
            .of(Self.day, Self.standing(86_400, content), content: Self.mine, failed: failed, now: Self.now)
        }
        var theirs = Self.theirs
        #expect(state(theirs) == .met)
        #expect(state(theirs, failed: "fedcba98").wait?.message.hasSuffix("fedcba9 failed there") == true)
        theirs.images = ["api": ["api:1"]]
        #expect(state(theirs) == .different(Self.day, running: "1234567890"))
        theirs.images = Self.mine.images
        theirs.reads["base/api.yaml"] = "b2"
        #expect(state(theirs) == .different(Self.day, running: "1234567890"))
    }

    /// Whatever runs there, and whatever became of what git asks for: of all that may be, only what git asks for, judged
    /// well and healthy for as long as its soak and its bake, opens.
    @Test("Nothing else opens")
    func nothingElse() {
        let day = 86_400
        let courses: [RequiredRevision.Course] = [
            .settled(bake: .zero), .settled(bake: .seconds(2 * day)), .unseen, .notBegun, .waiting, .blocked,
            .rollingOut,
            .failed,
            .quarantined, .takenBack, .inconclusive, .broken("line 3"),
        ]
        var opened = 0
        for course in courses {
            for digest in ["one", "two"] {
                for age in [nil, 0, day - 1, day, 2 * day - 1, 2 * day, 3 * day] {
                    for jump in [0, 1, day] {
                        let state = RequirementState.of(
                            Self.day, Self.standing(age, digest: digest), asked: Self.asked(course), now: Self.now,
                            jumped: .seconds(jump))
                        let enough: Int? =
                            switch course {
                            case .settled(let bake): (bake > .zero ? 2 * day : day) + jump
                            default: nil
                            }
                        let opens = digest == "two" && enough.map { (age ?? -1) >= $0 } ?? false
                        #expect((state == .met) == opens, "\(course) \(digest) \(String(describing: age)) \(jump)")
                        #expect((state.wait == nil) == opens)
                        if opens { opened += 1 }
                    }
                }
            }
        }
        #expect(opened > 0)
    }
}
