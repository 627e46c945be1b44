// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Testing

@testable internal import Reconciler

extension Stories {
    /// Gates, waits, hooks, phases, soaks, words of people and messages: a daemon is killed at the first of each, for each
    /// application, and another goes on from the ledger.
    @Suite("The samples' daemons, killed")
    struct SampleKillTests {
        private static let moments: [CutPlan.Moment] = [.write, .later(.seconds(2))]

        private static func ending(of day: SampleDay, _ cuts: CutPlan?) async throws -> SampleEnding {
            var sample = try Sample(day.name)
            for edit in day.edits { try sample.edit("mainstay.yaml", edit.old, edit.new) }
            let edited = sample
            return try await SampleStory.play(
                edited, kinds: day.kinds, people: day.people, notifications: SampleStory.receivers, cuts: cuts
            ) { story in
                try await day.play(story, edited)
                return try await story.ending()
            }
        }

        @Test(
            "Killed in every phase, a story ends as it does without: nothing is done, told or asked for twice, or forgotten",
            arguments: SampleDay.all)
        func killed(day: SampleDay) async throws {
            let undisturbed = try await Self.ending(of: day, nil)
            for moment in Self.moments {
                let cuts = CutPlan(moment)
                let ending = try await Self.ending(of: day, cuts)
                #expect(ending.differences(from: undisturbed) == [], "\(moment)")
                let missed = day.met.filter { what in !cuts.met.contains { $0.hasPrefix(what) } }
                #expect(missed == [], "\(moment) \(cuts.met)")
            }
        }
    }
}
