// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Sandbox
internal import Synchronization
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler

/// The way to the cluster: counts what is written, and lets the health endpoints of some versions be broken.
final class StoryTransport: HTTPTransport {
    private struct State {
        var writes: [String] = []
        var created: [String] = []
        var broken: Set<String> = []
    }

    private let connection: SandboxConnection
    private let state = Mutex(State())

    init(cluster: SandboxCluster) { connection = SandboxConnection(cluster: cluster) }

    /// Methods and paths of all that was written, without queries.
    var writes: [String] { state.withLock(\.writes) }

    /// Paths of all objects that a write made, as often as one did.
    var created: [String] { state.withLock(\.created) }

    func forgetWrites() { state.withLock { $0.writes = [] } }

    /// From now on, pods of images with this tag are ready there, and answer 500 to whoever asks through their Service.
    func breakHealth(ofTag tag: String, in namespace: String) {
        state.withLock { _ = $0.broken.insert("\(namespace)/\(tag)") }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let path = String(request.url.dropFirst(SandboxConnection.server.count).prefix { $0 != "?" })
        if request.isWrite, !path.hasPrefix("/apis/authorization.k8s.io/") {
            state.withLock { $0.writes.append("\(request.method) \(path)") }
        }
        var response = try await connection.send(request)
        if request.isWrite, response.status == 201 { state.withLock { $0.created.append(path) } }
        let parts = path.replacing("%3A", with: ":").split(separator: "/").map(String.init)
        // api/v1/namespaces/NAMESPACE/services/SERVICE:PORT/proxy/…
        if response.status == 200, parts.count > 6, parts[4] == "services", parts[6] == "proxy" {
            let names = parts[5].split(separator: ":")
            let name = names.count == 3 ? names[1] : names.first ?? ""
            let live = await ClusterReading(cluster: connection.cluster).live(
                DaemonHarness.Place.deployment(String(name), parts[3]))
            if isBroken(live?.value(at: "spec", "template", "spec"), in: parts[3]) { response.status = 500 }
        }
        return response
    }

    private func isBroken(_ pod: Value?, in namespace: String) -> Bool {
        let tag = pod?["containers"]?[0]?["image"]?.string?.split(separator: ":").last ?? ""
        return state.withLock { $0.broken.contains("\(namespace)/\(tag)") }
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        try await connection.stream(request)
    }
}

/// The network of Knative: `NAME.NAMESPACE.example.com` is answered by the revision that has the traffic.
extension StoryTransport: CheckProbe {
    func get(
        _ url: String, sending headers: [Application.SentHeader], isQuery: Bool
    ) async throws(ProbeFailure) -> CheckAnswer {
        let names = (CheckHost(url: url)?.host ?? "").split(separator: ".").map(String.init)
        guard names.dropFirst(2) == ["example", "com"] else {
            throw ProbeFailure(isTheirs: false, message: "nobody knows \(url)")
        }
        let reading = ClusterReading(cluster: connection.cluster)
        let place = "/apis/serving.knative.dev/v1/namespaces/\(names[1])"
        let service = await reading.live("\(place)/services/\(names[0])")
        let revision = service?.value(at: "status", "traffic")?[0]?["revisionName"]?.string ?? ""
        guard let live = await reading.live("\(place)/revisions/\(revision)") else {
            return CheckAnswer(status: 404)
        }
        return CheckAnswer(status: isBroken(live["spec"], in: names[1]) ? 500 : 200)
    }

    func connect(host: String, port: Int) async throws(ProbeFailure) {
        throw ProbeFailure(isTheirs: false, message: "nobody knows \(host)")
    }
}
