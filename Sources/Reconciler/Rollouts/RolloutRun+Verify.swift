// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// The checks that a pipeline asks for once everything is healthy.
extension RolloutRun {
    enum Verification {
        case passed
        case failed(Cause)
        case inconclusive(Cause)
    }

    /// One check after the other. One that fails outweighs one that tells nothing.
    func verify() async throws -> Verification {
        var unknown: Cause?
        let begun = try await healthySince()
        for (index, check) in desired.application.verify.enumerated() {
            switch try await verify(check, named: "\(index + 1): \(check.title)", healthySince: begun) {
            case .failed(let cause): return .failed(cause)
            case .inconclusive(let cause): unknown = unknown ?? cause
            case .passed: break
            }
        }
        if let unknown { return .inconclusive(unknown) }
        try await lookAtDependents()
        return .passed
    }

    /// When everything was healthy first, over restarts: `after` is counted from then.
    private func healthySince() async throws -> Timestamp {
        let now = time.now
        guard desired.application.verify.contains(where: { $0.after > .zero }) else { return now }
        if let known = try await context.store.checkBegin(Self.healthy, of: start.id) { return inItsTime(known) }
        try await context.store.recordCheckBegin(Self.healthy, of: start.id, at: context.now)
        return now
    }

    /// Beside the checks, whose names begin with a number.
    private static var healthy: String { "healthy" }

    /// - Parameter name: among the rollout's, over restarts.
    private func verify(
        _ check: Application.Check, named name: String, healthySince: Timestamp
    ) async throws -> Verification {
        if let why = await whyLeftOut(check) {
            note("the check \(check.title) was left out: \(why)")
            return .passed
        }
        // It ran among the manifests, as a hook.
        guard check.address != nil else { return .passed }
        let known = try await context.store.checkBegin(name, of: start.id)
        let pause = known == nil ? healthySince + check.after - time.now : .zero
        if pause > .zero {
            let progress = CheckProgress(check, object: service(of: check))
            try await enter(.judged(.healthy), cause: progress.waits(until: healthySince + check.after))
            try await context.surroundings.clock.sleep(for: pause)
        }
        return try await ask(check, recordedAs: name, begunAt: known)
    }

    /// - Parameters:
    ///   - name: under which the ledger keeps when it began.
    ///   - known: when it began, where an earlier daemon asked it first.
    private func ask(
        _ check: Application.Check, recordedAs name: String, begunAt known: Timestamp?
    ) async throws -> Verification {
        let used = known.map { time.now - inItsTime($0) } ?? .zero
        var progress = CheckProgress(check, object: service(of: check), used: used)
        var recorded = known == nil ? nil : time.now + (.zero - used)
        var backoff = Backoff(first: .milliseconds(500), limit: .seconds(5))
        var begun = time.now
        while true {
            // What was given back is not lost to the next daemon.
            let ago = .zero - progress.used
            let began = time.now + ago
            if recorded.map({ began - $0 >= Self.worthAWord }) ?? true {
                try await context.store.recordCheckBegin(name, of: start.id, at: context.now + ago)
                recorded = began
            }
            let look = await look(at: check, in: namespace)
            let now = time.now
            // A cluster that does not answer says nothing about the application, and uses up none of its time.
            let spent = look.isTheClusterAtFault ? nil : now - begun
            begun = now
            switch progress.take(look.result, at: now, spent: spent) {
            case .passed:
                try await enter(.judged(.healthy))
                return .passed
            case .failed(let cause): return .failed(cause)
            case .inconclusive(let cause): return .inconclusive(cause)
            case .again: try await enter(.judged(.healthy), cause: progress.cause)
            }
            try await context.surroundings.clock.sleep(for: backoff.next(random: context.surroundings.random()))
            try Task.checkCancellation()
        }
    }

    /// So much time of a check that counted for nothing is recorded at once.
    private static var worthAWord: Duration { .seconds(10) }

    typealias Look = (result: CheckResult, isTheClusterAtFault: Bool)

    func look(at check: Application.Check, in namespace: String) async -> Look {
        switch check.question {
        case .http(let http):
            let answer = await answer(from: http.address, in: namespace, path: http.path, sending: http.send)
            return answer.judged { http.result(of: $0) }
        case .prometheus(let query):
            let path = "/api/v1/query?query=" + query.query.percentEncoded
            let answer = await answer(from: query.address, in: namespace, path: path, isQuery: true)
            // Whether metrics can be read says nothing about the application.
            return answer.judged(isMissing: { .inconclusive($0) }, { query.result(of: $0) })
        case .tcp(let address): return await connect(to: address, in: namespace)
        case .job: return (.passed, false)
        }
    }

    private enum Answered {
        case answer(CheckAnswer)
        case nothing(CheckResult, isTheClusterAtFault: Bool)

        func judged(
            isMissing: (String) -> CheckResult = { .failed($0) }, _ judge: (CheckAnswer) -> CheckResult
        ) -> Look {
            switch self {
            case .answer(let answer): (judge(answer), false)
            case .nothing(.failed(let why), let isTheClusterAtFault): (isMissing(why), isTheClusterAtFault)
            case .nothing(let result, let isTheClusterAtFault): (result, isTheClusterAtFault)
            }
        }
    }

    private func answer(
        from address: Application.CheckAddress, in namespace: String, path: String,
        sending headers: [Application.SentHeader] = [], isQuery: Bool = false
    ) async -> Answered {
        switch address {
        case .service(let name, let port):
            do throws(ClusterFailure) {
                let answer = try await context.cluster.probe(
                    namespace: namespace, service: name, port: port, path: path, sending: headers)
                // What stands before an API server that is away answers so, too.
                if answer.status >= 500 || answer.status == 429, let trouble = await clusterTrouble() {
                    return .nothing(.inconclusive(trouble.message), isTheClusterAtFault: true)
                }
                return .answer(answer)
            } catch {
                // Who hangs behind a proxy, and a proxy that hangs, look alike: a cluster that answers else is not it.
                // One that says when to come again speaks of itself.
                if error.code == .unavailable, error.retryAfter == nil, await clusterTrouble() == nil {
                    return .nothing(.failed(error.message), isTheClusterAtFault: false)
                }
                return .nothing(error.asResult, isTheClusterAtFault: error.isTheClusters)
            }
        case .knative(let name): return await answer(fromKnative: name, in: namespace, path: path, sending: headers)
        case .direct(let url):
            return await answer(fromURL: isQuery ? url.joined(path) : url, sending: headers, isQuery: isQuery)
        }
    }

    private func answer(
        fromURL url: String, sending headers: [Application.SentHeader], isQuery: Bool
    ) async -> Answered {
        do throws(ProbeFailure) {
            return .answer(try await context.checks.get(url, sending: headers, isQuery: isQuery))
        } catch {
            return .nothing(error.asResult, isTheClusterAtFault: false)
        }
    }

    /// Where its status says that it is, as far as the operator allows that.
    private func answer(
        fromKnative name: String, in namespace: String, path: String, sending headers: [Application.SentHeader]
    ) async -> Answered {
        do throws(ClusterFailure) {
            guard let found = try await knativeAddress(of: name, in: namespace) else {
                return .nothing(.failed("its status has no URL yet"), isTheClusterAtFault: false)
            }
            if let refused = context.settings.allow.refused(found.host, sending: headers) {
                let why = "it is at \(refused.host), which is not among allow.checks of this daemon's configuration"
                return .nothing(.inconclusive(why), isTheClusterAtFault: false)
            }
            return await answer(fromURL: found.url.joined(path), sending: headers, isQuery: false)
        } catch {
            return .nothing(error.asResult, isTheClusterAtFault: error.isTheClusters)
        }
    }

    /// Nil where it is not there, or has no URL yet.
    func knativeAddress(of name: String, in namespace: String) async throws(ClusterFailure) -> (
        url: String, host: CheckHost
    )? {
        let service = try await context.cluster.get(Self.knativeID(name, in: namespace), version: "v1")
        guard let url = service?.value(at: "status", "url")?.string, let host = CheckHost(url: url) else { return nil }
        return (url, host)
    }

    /// Why the cluster itself does not answer; nil where it does.
    private func clusterTrouble() async -> ClusterFailure? {
        do throws(ClusterFailure) {
            _ = try await context.cluster.serverVersion()
            return nil
        } catch {
            return error.code == .forbidden ? nil : error
        }
    }

    private func connect(to address: Application.CheckAddress, in namespace: String) async -> Look {
        let place: (host: String, port: Int)
        switch address {
        case .direct(let text):
            guard let found = CheckHost(address: text) else { return (.inconclusive("it is no address"), false) }
            place = (found.host, found.port)
        case .knative: return (.inconclusive("a Knative Service is asked over http"), false)
        case .service(let name, let port):
            do throws(ClusterFailure) {
                guard
                    let service = try await context.cluster.get(
                        Self.serviceID(name, in: namespace), version: "v1")
                else {
                    return (.failed("there is no Service \(namespace)/\(name)"), false)
                }
                guard let found = ServiceAddress.find(of: service, port: port) else {
                    return (.failed("the Service \(namespace)/\(name) has no port \(port)"), false)
                }
                place = found
            } catch {
                return (error.asResult, error.isTheClusters)
            }
        }
        do throws(ProbeFailure) {
            try await context.checks.connect(host: place.host, port: place.port)
            return (.passed, false)
        } catch {
            return (error.asResult, false)
        }
    }

    var namespace: String { desired.application.namespace ?? desired.environment.namespace }

    func serviceID(_ name: String) -> ObjectID { Self.serviceID(name, in: namespace) }

    private static func serviceID(_ name: String, in namespace: String) -> ObjectID {
        ObjectID(group: "", kind: "Service", namespace: namespace, name: name)
    }

    func knativeID(_ name: String) -> ObjectID { Self.knativeID(name, in: namespace) }

    private static func knativeID(_ name: String, in namespace: String) -> ObjectID {
        ObjectID(group: "serving.knative.dev", kind: "Service", namespace: namespace, name: name)
    }

    func service(of check: Application.Check) -> ObjectID? { Self.service(of: check, in: namespace) }

    static func service(of check: Application.Check, in namespace: String) -> ObjectID? {
        switch check.address {
        case .service(let name, _): serviceID(name, in: namespace)
        case .knative(let name): knativeID(name, in: namespace)
        case .direct, nil: nil
        }
    }
}

extension Application.Check {
    /// As it is asked of what is rolled out: a `service` that is Knative's, and nobody else's, at that one's own URL, since
    /// the Service that Knative makes of its name leads to no pod, and comes after the rollout only.
    func asked(in environment: String, namespace: String, _ manifests: [Manifest]) -> Self {
        let check = asked(in: environment)
        guard case .http(var http) = check.question, case .service(let name, _) = http.address else { return check }
        func has(_ group: String) -> Bool {
            let id = ObjectID(group: group, kind: "Service", namespace: namespace, name: name)
            return manifests.contains { $0.id == id }
        }
        guard has("serving.knative.dev"), !has("") else { return check }
        http.address = .knative(name)
        var asked = check
        asked.question = .http(http)
        return asked
    }
}

/// Where a Service takes connections, in a cluster's network.
enum ServiceAddress {
    /// Nil where it has no such port.
    static func find(of service: Object, port: String) -> (host: String, port: Int)? {
        let ports = service.value(at: "spec", "ports")?.array ?? []
        let chosen = ports.first { $0["name"]?.string == port || $0["port"]?.integer.map(String.init) == port }
        guard let number = chosen?["port"]?.integer.flatMap({ Int(exactly: $0) }) else { return nil }
        let address = service.value(at: "spec", "clusterIP")?.string ?? ""
        // A headless one has its pods' addresses, by name.
        guard !address.isEmpty, address != "None" else { return ("\(service.name).\(service.namespace).svc", number) }
        return (address.contains(":") ? "[\(address)]" : address, number)
    }
}

extension ClusterFailure {
    fileprivate var isTheClusters: Bool { code == .unavailable || code == .unauthorized }

    /// What we may not ask, or the cluster does not answer, is not known.
    fileprivate var asResult: CheckResult {
        isTheClusters || code == .forbidden || code == .cancelled ? .inconclusive(message) : .failed(message)
    }
}

extension ProbeFailure {
    fileprivate var asResult: CheckResult { isTheirs ? .failed(message) : .inconclusive(message) }
}

extension String {
    fileprivate func joined(_ path: String) -> String { (hasSuffix("/") ? String(dropLast()) : self) + path }
}
