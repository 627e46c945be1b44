// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Testing

@testable internal import Reconciler

/// What is left of a story, in words that are the same for each course of it: subjects in place of commits.
struct SampleEnding {
    var standings: [String]
    var rollouts: [String]
    var workloads: [String]
    /// What was made in the cluster, as often as it was.
    var created: [String]
    /// By receiver and application.
    var told: [String]

    /// What is in one and not, or not as often or not in that order, in the other.
    func differences(from other: SampleEnding) -> [String] {
        zip(
            [standings, rollouts, workloads, created, told],
            [
                other.standings, other.rollouts, other.workloads, other.created, other.told,
            ]
        ).flatMap { mine, others in
            mine.difference(from: others).map { change in
                switch change {
                case .insert(_, let line, _): "more: \(line)"
                case .remove(_, let line, _): "less: \(line)"
                }
            }
        }
    }
}

extension SampleStory {
    static let receivers = NotificationSettings(
        receivers: [.init(name: "slack", service: .slack), .init(name: "hook", service: .webhook)],
        routes: [NotificationRoute(receivers: ["slack", "hook"])])

    /// As a person does who finds no daemon, or one that has just begun: says it until it is heard.
    func insist(
        _ action: OperatorAction, by person: String = "ada", orUntil isHeard: () async throws -> Bool
    ) async throws {
        try await until("it is heard: \(action)") {
            do {
                try await say(action, by: person)
                return true
            } catch let refusal as ActionRefusal where refusal.reason == "AlreadyApproved" {
                return true
            } catch {
                return try await isHeard()
            }
        }
    }

    func expect(
        _ duration: Duration, from least: Int, to most: Int, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(duration >= .seconds(least) && duration < .seconds(most), sourceLocation: place)
    }

    /// Nobody is killed any more, and what is still to be told is told.
    func ending() async throws -> SampleEnding {
        cuts?.end()
        try await untilAlive()
        try await pass(.seconds(60))
        var standings: [String] = []
        var rollouts: [String] = []
        for status in board.applications {
            let (name, environment) = (status.target.application, status.target.environment)
            standings.append(
                "\(status.target): \(status.phase.rawValue), \(status.health.rawValue), "
                    + "\(subject(of: status.revision)) of \(subject(of: status.targetRevision)), "
                    + "waits for \(status.waits.map(\.reason)), holds off \(subject(of: status.quarantine?.revision)) "
                    + "for \(status.quarantine?.cause.reason ?? "nothing")")
            for summary in try await self.rollouts(name, environment) {
                // A rollout that was cut off before it did anything goes to its gate once more, and another comes of it.
                if summary.phase == .superseded, try await !ledger.hasApplied(summary.rollout.id) { continue }
                rollouts.append(
                    "\(status.target): \(subject(of: summary.rollout.revision)), "
                        + "\(summary.rollout.trigger.rawValue), \(summary.phase?.rawValue ?? "nowhere")")
            }
        }
        var workloads: [String] = []
        let places = ["/apis/apps/v1/deployments", "/apis/serving.knative.dev/v1/services", "/apis/batch/v1/jobs"]
        for place in places {
            for case .object(let object) in await self.object(place)?["items"]?.array ?? [] {
                let image = object.value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string ?? ""
                let parts = image.split(separator: ":")
                workloads.append(
                    "\(object.namespace)/\(Self.withoutHash(object.name)) runs \(parts.first ?? "") of "
                        // A tag may say for which environment it was built.
                        + subject(
                            of: parts.last.map { String($0).replacing(/^(development|staging|production)-/, with: "") })
                )
            }
        }
        return SampleEnding(
            standings: standings, rollouts: rollouts, workloads: workloads.sorted(),
            created: transport.created.filter { !$0.contains("authorization.k8s.io") }.map(Self.withoutHash).sorted(),
            told: told())
    }

    private func told() -> [String] {
        var told: [String] = []
        for receiver in notifications.receivers {
            var seen: Set<String> = []
            var lines: [(target: TargetID, line: String)] = []
            for message in post.messages(receiver.name) {
                let event = message.event
                guard seen.insert(event.id).inserted else {
                    #expect(message.mayBeRepeated || !receiver.service.repeatsShow, "\(receiver.name): \(event)")
                    continue
                }
                lines.append(
                    (
                        event.target,
                        "\(receiver.name): \(event.kind.rawValue) \(event.target): \(subject(of: event.revision))"
                    ))
            }
            for target in Set(lines.map(\.target)).sorted() {
                // That something goes on may be seen before its verdict or after it.
                told += lines.filter { $0.target == target }.map(\.line).sorted()
            }
        }
        return told
    }

    /// Names of Jobs end in what depends on commits.
    private static func withoutHash(_ name: String) -> String {
        name.replacing(#/-[0-9a-f]{10}$/#, with: "")
    }
}
