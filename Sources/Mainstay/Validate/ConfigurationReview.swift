// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// What a pipeline asks of a daemon, against what the daemon's configuration has: bounds, clusters, people
/// and receivers.
struct ConfigurationReview: Sendable {
    let allow: AllowRules
    let people: People
    /// Of notifications.
    let receivers: [String]
    /// Those that environments can name.
    let clusters: [String]

    init(
        allow: AllowRules = AllowRules(), people: People = People(), receivers: [String] = [], clusters: [String] = []
    ) {
        self.allow = allow
        self.people = people
        self.receivers = receivers
        self.clusters = clusters
    }

    init(_ configuration: Configuration) {
        self.init(
            allow: configuration.allow, people: configuration.people,
            receivers: configuration.notifications.receivers.map(\.name),
            clusters: configuration.clusters.map(\.name))
    }

    func findings(on pipeline: Pipeline) -> [ReviewFinding] {
        let environments = pipeline.environments.enumerated().flatMap { number, environment in
            environment.approvals.map { approvals($0, at: "environments[\(number)].approvals") } ?? []
        }
        let applications = pipeline.applications.enumerated().flatMap { number, application in
            application.verify.enumerated().compactMap { place, check in
                application.environments.lazy.compactMap {
                    host(of: check.asked(in: $0), at: "applications[\(number)].verify[\(place)]")
                }.first
            }
        }
        let routes = pipeline.notifications.enumerated().flatMap { number, route in
            route.receivers.enumerated().compactMap { place, name in
                receiver(name, at: "notifications[\(number)].receivers[\(place)]")
            }
        }
        return environments + applications + routes
    }

    /// Why a manifest may not be applied; its place is told with it anyway.
    func refusal(of manifest: Manifest) -> ReviewFinding? {
        guard let refusal = allow.refusal(of: manifest) else { return nil }
        let place = " (\(manifest.origin))"
        let message = refusal.message.hasSuffix(place) ? String(refusal.message.dropLast(place.count)) : refusal.message
        return ReviewFinding(.error, manifest, "", message)
    }

    private func approvals(_ policy: Environment.Approvals, at path: String) -> [ReviewFinding] {
        let groups = Set(people.persons.flatMap(\.groups)).sorted()
        let empty = policy.groups.enumerated().filter { !groups.contains($0.element) }.map { number, name in
            ReviewFinding(
                .error, .pipeline("\(path).groups[\(number)]"),
                "nobody among `people` of the configuration is in the group \"\(name)\""
                    + Suggestion.ending(for: name, among: groups))
        }
        guard empty.isEmpty, !policy.groups.isEmpty else { return empty }
        let count = people.persons.count { people.isIn($0.name, anyOf: policy.groups) }
        guard count < policy.count else { return [] }
        return [
            ReviewFinding(
                .error, .pipeline("\(path).count"),
                "asks for \(policy.count) of \(policy.groups.joined(separator: " or ")), and the configuration names "
                    + "\(count): add them under `people`")
        ]
    }

    /// A check of what may not be asked keeps every rollout waiting.
    private func host(of check: Application.Check, at path: String) -> ReviewFinding? {
        if case .knative? = check.address, allow.checks.isEmpty {
            return ReviewFinding(
                .error, .pipeline("\(path).\(check.question.key).knative"),
                "is asked at the URL of the Knative Service, and allow.checks of the configuration lists no host: "
                    + "nobody can say whether a rollout is well until it has its domain")
        }
        guard case .direct(let text)? = check.address, let place = CheckHost(url: text) ?? CheckHost(address: text),
            let host = allow.refused(place, sending: check.sent)
        else { return nil }
        let field =
            switch check.question {
            case .tcp: "address"
            case .http: host == place ? "url" : "send.Host"
            case .prometheus, .job: "url"
            }
        return ReviewFinding(
            .error, .pipeline("\(path).\(check.question.key).\(field)"),
            "asks \(host.host), which is not among allow.checks of the configuration: nothing is rolled out until it is"
        )
    }

    private func receiver(_ name: String, at path: String) -> ReviewFinding? {
        guard !receivers.contains(name) else { return nil }
        return ReviewFinding(
            .error, .pipeline(path),
            "the configuration has no receiver \"\(name)\" under `notifications`"
                + Suggestion.ending(for: name, among: receivers))
    }
}
