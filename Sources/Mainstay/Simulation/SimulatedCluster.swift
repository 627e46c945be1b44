// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler
internal import Sandbox
internal import Synchronization
internal import Transport

/// The cluster that a revision is played on, with what people and other programs have made in a real one: namespaces,
/// Secrets and whatever else manifests refer to, definitions of kinds.
struct SimulatedCluster: Sendable {
    let cluster: SandboxCluster
    let transport: SimulatedTransport
    private let orders = SecretMakers.Orders()

    init(clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, seed: UInt64) {
        let pace = SandboxPace.lifelike
        cluster = SandboxCluster(
            clock: clock, now: now, random: SplitMix64(seed: seed),
            options: SandboxOptions(nodes: ["node-1", "node-2", "node-3"], timeZones: .system),
            controllers: StandardControllers.all(pace: pace, timeZones: .system) + [SecretMakers(orders: orders)])
        transport = SimulatedTransport(cluster: cluster)
    }

    /// What is not in git, and has to be there.
    struct Surroundings: Sendable {
        var namespaces: [String] = []
        /// With the keys that are asked for.
        var references: [(object: ObjectID, keys: [String])] = []
        /// What controllers make of the manifests, with the same.
        var made: [(object: ObjectID, keys: [String])] = []
        var definitions: [(kind: GroupVersionKind, isNamespaced: Bool)] = []

        init(of revisions: [SimulatedRevision]) {
            let desired = revisions.flatMap { revision in
                revision.desired.sorted { $0.key < $1.key }.compactMap { try? $0.value.get() }
            }
            let manifests = desired.flatMap(\.manifests)
            namespaces = Set(
                manifests.map(\.id.namespace)
                    + desired.map { $0.application.namespace ?? $0.environment.namespace }
            ).filter { !$0.isEmpty && $0 != "default" }.sorted()
            let made = Set(manifests.map(\.id))
            let all = ExternalReference.all(in: manifests, isProvided: { made.contains($0) }).map(\.object)
                .map { (object: $0, keys: Self.keys(of: $0, in: manifests)) }
            let secrets = manifests.madeSecrets
            references = all.filter { !secrets.contains($0.object) }
            self.made = all.filter { secrets.contains($0.object) }
            let declared = Set(
                manifests.filter { $0.object.kind == "CustomResourceDefinition" }.map { definition in
                    GroupKind(
                        group: definition.object.value(at: "spec", "group")?.string ?? "",
                        kind: definition.object.value(at: "spec", "names", "kind")?.string ?? "")
                })
            var seen: Set<GroupKind> = []
            for manifest in manifests where TypeTable.builtIn.type(for: manifest.groupVersionKind) == nil {
                let kind = manifest.groupVersionKind
                guard kind.group.contains("."), !declared.contains(kind.groupKind), seen.insert(kind.groupKind).inserted
                else { continue }
                definitions.append((kind, !manifest.id.namespace.isEmpty))
            }
        }

        private static func keys(of object: ObjectID, in manifests: [Manifest]) -> [String] {
            let field = object.kind == "Secret" ? "secretKeyRef" : "configMapKeyRef"
            var keys: Set<String> = []
            for manifest in manifests where manifest.id.namespace == object.namespace {
                for container in ApplicationContents.containers(of: manifest.object) {
                    for variable in container["env"]?.array ?? [] {
                        let reference = variable["valueFrom"]?[field]
                        guard reference?["name"]?.string == object.name, let key = reference?["key"]?.string else {
                            continue
                        }
                        keys.insert(key)
                    }
                }
            }
            return keys.sorted()
        }
    }

    // MARK: Making it

    func make(_ surroundings: Surroundings, without missing: Set<ObjectID>) async throws {
        for name in surroundings.namespaces {
            try await create(
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]], "namespaces")
        }
        orders.set(surroundings.made)
        withhold(Array(missing))
        for (kind, isNamespaced) in surroundings.definitions { try await define(kind, isNamespaced: isNamespaced) }
        await cluster.settle()
        for (object, keys) in surroundings.references where !missing.contains(object) {
            try await make(object, keys: keys)
        }
    }

    /// Nobody makes these from now on.
    func withhold(_ secrets: [ObjectID]) { orders.withhold(secrets) }

    func make(_ id: ObjectID, keys: [String]) async throws {
        var object: Object = ["kind": .string(id.kind), "metadata": ["name": .string(id.name)]]
        if !id.namespace.isEmpty { object.set(.string(id.namespace), at: "metadata", "namespace") }
        object["apiVersion"] = .string(id.group.isEmpty ? "v1" : "\(id.group)/v1")
        let values = Object(keys.map { ($0, Value.string("simulated")) })
        let plural: String
        switch id.kind {
        case "Secret":
            object["stringData"] = .object(values)
            plural = "secrets"
        case "ConfigMap":
            object["data"] = .object(values)
            plural = "configmaps"
        case "PersistentVolumeClaim":
            object["spec"] = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
            plural = "persistentvolumeclaims"
        case "ServiceAccount": plural = "serviceaccounts"
        case "PriorityClass":
            object["value"] = 0
            plural = "priorityclasses"
        case "RuntimeClass":
            object["handler"] = "simulated"
            plural = "runtimeclasses"
        default: return
        }
        try await create(object, plural)
    }

    /// A kind that takes whatever it is given, and reports nothing.
    private func define(_ kind: GroupVersionKind, isNamespaced: Bool) async throws {
        let singular = kind.kind.lowercased()
        var plural = singular + (singular.hasSuffix("s") ? "es" : "s")
        if singular.hasSuffix("y") { plural = String(singular.dropLast()) + "ies" }
        try await create(
            [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": .string("\(plural).\(kind.group)")],
                "spec": [
                    "group": .string(kind.group), "scope": isNamespaced ? "Namespaced" : "Cluster",
                    "names": [
                        "plural": .string(plural), "singular": .string(singular), "kind": .string(kind.kind),
                        "listKind": .string("\(kind.kind)List"),
                    ],
                    "versions": [
                        [
                            "name": .string(kind.version), "served": true, "storage": true,
                            "subresources": ["status": [:]],
                            "schema": [
                                "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
                            ],
                        ]
                    ],
                ],
            ], "customresourcedefinitions")
    }

    private func create(_ object: Object, _ plural: String) async throws {
        let version = object.groupVersionKind
        var path = version.group.isEmpty ? "/api/v1" : "/apis/\(version.apiVersion)"
        if !object.namespace.isEmpty { path += "/namespaces/\(object.namespace)" }
        let response = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: "\(path)/\(plural)",
                headers: [(name: "content-type", value: "application/json")], body: JSON.bytes(.object(object))))
        // Some namespaces and classes are there from the start.
        guard response.status == 201 || response.status == 409 else {
            throw LocalProblem("the cluster in memory refuses \(object.objectID): status \(response.status)")
        }
    }
}

extension SandboxPace {
    /// As fast as a cluster of people: simulated time costs nothing.
    static var lifelike: SandboxPace {
        var pace = SandboxPace()
        pace.pull = .seconds(4)
        pace.slowPull = .seconds(240)
        pace.pullError = .seconds(2)
        pace.pullBackOff = .seconds(10)
        pace.ready = .seconds(2)
        pace.probeSecond = .seconds(1)
        pace.crash = .seconds(2)
        pace.work = .seconds(20)
        pace.initialize = .seconds(3)
        pace.crashBackOff = .seconds(10)
        pace.crashBackOffLimit = .seconds(300)
        pace.stop = .seconds(3)
        pace.jobBackOff = .seconds(10)
        pace.jobBackOffLimit = .seconds(360)
        pace.loadBalancer = .seconds(30)
        pace.readsImageTags = false
        return pace
    }
}

/// The way to the simulated cluster. Checks through the service proxy are answered as the pipeline hopes, where a pod is
/// there to answer.
final class SimulatedTransport: HTTPTransport {
    private struct Check {
        var path: String
        var expected: Int
    }

    private struct State {
        /// By `namespace/service`.
        var checks: [String: [Check]] = [:]
        var failing: Set<String> = []
    }

    private let connection: SandboxConnection
    private let state = Mutex(State())

    init(cluster: SandboxCluster) { connection = SandboxConnection(cluster: cluster) }

    func expect(_ check: Application.HTTPCheck, in namespace: String) {
        let service: String
        switch check.address {
        case .service(let name, _), .knative(let name): service = name
        case .direct: return
        }
        guard let expected = check.expect.first else { return }
        state.withLock {
            $0.checks["\(namespace)/\(service)", default: []].append(Check(path: check.path, expected: expected))
        }
    }

    func setFailing(_ isFailing: Bool, _ service: String) {
        state.withLock { state in
            if isFailing { _ = state.failing.insert(service) } else { _ = state.failing.remove(service) }
        }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        var response = try await connection.send(request)
        if response.status == 200, let status = status(of: request.url) { response.status = status }
        return response
    }

    /// What a Knative Service answers at its own URL.
    func status(ofKnative url: String) -> Int? {
        guard let place = url.firstRange(of: "://") else { return nil }
        let rest = url[place.upperBound...]
        let names = rest.prefix { $0 != "/" }.split(separator: ".").map(String.init)
        guard names.count > 2 else { return nil }
        return status(of: "\(names[1])/\(names[0])", at: String(rest.drop { $0 != "/" }))
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        try await connection.stream(request)
    }

    /// `…/namespaces/staging/services/http:api:80/proxy/health`; nil for what is no check.
    private func status(of url: String) -> Int? {
        let parts = url.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let place = parts.firstIndex(of: "services"), place >= 2, parts.count > place + 2,
            parts[place + 2] == "proxy"
        else { return nil }
        let names = parts[place + 1].replacing("%3A", with: ":").split(separator: ":").map(String.init)
        guard let name = names.count == 3 ? names[1] : names.first else { return nil }
        let service = "\(parts[place - 1])/\(name)"
        return status(of: service, at: "/" + parts[(place + 3)...].joined(separator: "/"))
    }

    private func status(of service: String, at path: String) -> Int? {
        state.withLock { state in
            if state.failing.contains(service) { return 503 }
            return state.checks[service]?.first { $0.path == path }?.expected
        }
    }
}

/// Asks Knative Services at the URLs in their status.
struct SimulatedProbe: CheckProbe {
    /// The domain that Knative has there.
    static let domain = "*.example.com"

    let transport: SimulatedTransport

    func get(
        _ url: String, sending headers: [Application.SentHeader], isQuery: Bool
    ) async throws(ProbeFailure) -> CheckAnswer {
        guard let status = transport.status(ofKnative: url) else {
            throw ProbeFailure(isTheirs: false, message: "nothing answers there in a simulation")
        }
        return CheckAnswer(status: status, headers: [], body: [], took: .zero)
    }

    func connect(host: String, port: Int) async throws(ProbeFailure) {
        throw ProbeFailure(isTheirs: false, message: "nothing answers there in a simulation")
    }
}
