// SPDX-License-Identifier: Apache-2.0

import Kubernetes
import Manifests
import Synchronization
import TestSupport
import Transport

/// A clock that stands until it is moved; a sleep ends at once.
final class StandingClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let offset = Mutex(Duration.zero)
    var now: Instant { Instant(offset: offset.withLock { $0 }) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func advance(by duration: Duration) { offset.withLock { $0 += duration } }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws { try Task.checkCancellation() }
}

/// Files by path, which a test may change.
final class FakeFiles: Sendable {
    private let contents: Mutex<[String: String]>
    private let count = Mutex(0)

    init(_ contents: [String: String] = [:]) { self.contents = Mutex(contents) }

    var reads: Int { count.withLock { $0 } }
    func write(_ path: String, _ text: String) { contents.withLock { $0[path] = text } }
    func remove(_ path: String) { contents.withLock { $0[path] = nil } }

    var reader: FileReader {
        FileReader { path, limit throws(FileReader.Failure) in
            self.count.withLock { $0 += 1 }
            guard let text = self.contents.withLock({ $0[path] }) else {
                throw FileReader.Failure("No such file or directory")
            }
            guard text.utf8.count <= limit else { throw FileReader.Failure("larger than \(limit) bytes") }
            return Array(text.utf8)
        }
    }
}

/// Counts calls from any task.
final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
}

let startOfTime = Timestamp(secondsSinceEpoch: 1_800_000_000)

func client(
    _ transport: ScriptedTransport, authentication: ClusterEndpoint.Authentication = .none,
    clock: StandingClock = StandingClock(), files: FakeFiles = FakeFiles(),
    now: @escaping @Sendable () -> Timestamp = { startOfTime }
) -> KubernetesClient {
    KubernetesClient(
        endpoint: ClusterEndpoint(
            server: "https://api.example:6443", origin: "test", authentication: authentication, files: files.reader),
        transport: transport, clock: clock, now: now)
}

let configMaps = APIResource(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
let deployments = APIResource(
    group: "apps", version: "v1", kind: "Deployment", plural: "deployments", isNamespaced: true)

/// Aggregated discovery of a few kinds, cut from a recorded answer.
enum Discovered {
    static let core = """
        {"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[{"metadata":{},\
        "versions":[{"version":"v1","resources":[{"resource":"configmaps","responseKind":{"group":"","version":"",\
        "kind":"ConfigMap"},"scope":"Namespaced","singularResource":"configmap","verbs":["create","get","list",\
        "patch","watch"],"shortNames":["cm"]},{"resource":"namespaces","responseKind":{"group":"","version":"",\
        "kind":"Namespace"},"scope":"Cluster","singularResource":"namespace","verbs":["get","list"],\
        "subresources":[{"subresource":"status","responseKind":{"group":"","version":"","kind":"Namespace"},\
        "verbs":["get"]}]},{"resource":"secrets","responseKind":{"group":"","version":"","kind":"Secret"},\
        "scope":"Namespaced","verbs":["get","patch"]}],"freshness":"Current"}]}]}
        """

    static func groups(_ items: String = "") -> String {
        """
        {"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[\
        {"metadata":{"name":"autoscaling"},"versions":[{"version":"v2","resources":[{"resource":\
        "horizontalpodautoscalers","responseKind":{"group":"","version":"","kind":"HorizontalPodAutoscaler"},\
        "scope":"Namespaced","verbs":["get"]}],"freshness":"Current"},{"version":"v1","resources":[{"resource":\
        "horizontalpodautoscalers","responseKind":{"group":"","version":"","kind":"HorizontalPodAutoscaler"},\
        "scope":"Namespaced","verbs":["get"]}],"freshness":"Current"}]}\(items.isEmpty ? "" : ",")\(items)]}
        """
    }

    static let widgets = """
        {"metadata":{"name":"example.com"},"versions":[{"version":"v1","resources":[{"resource":"widgets",\
        "responseKind":{"group":"example.com","version":"v1","kind":"Widget"},"scope":"Namespaced",\
        "verbs":["get","patch"]}],"freshness":"Current"}]}
        """

    /// Answers discovery and leaves the rest to the script.
    static func transport(_ script: [ScriptedTransport.Answer] = []) -> ScriptedTransport {
        ScriptedTransport(script) { request in
            if request.url.hasSuffix("/api") { return ScriptedTransport.json(200, core) }
            return request.url.hasSuffix("/apis") ? ScriptedTransport.json(200, groups()) : nil
        }
    }
}

/// The requests that are not discovery's.
func asked(_ transport: ScriptedTransport) -> [HTTPRequest] {
    transport.requests.filter { !$0.url.hasSuffix("/api") && !$0.url.hasSuffix("/apis") }
}

/// The error that a body must throw.
func refusal(_ body: () async throws -> Void) async -> KubernetesError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? KubernetesError
    }
}
