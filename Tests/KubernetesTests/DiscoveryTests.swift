// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing
import Transport

@testable import Kubernetes

@Suite struct DiscoveryTests {
    private let widget = GroupVersionKind(group: "example.com", version: "v1", kind: "Widget")
    private let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")

    private func answers(_ groups: String) -> [ScriptedTransport.Answer] {
        [ScriptedTransport.json(200, Discovered.core), ScriptedTransport.json(200, groups)]
    }

    @Test("the aggregated form gives scope, verbs, subresources and the preferred version")
    func aggregated() async throws {
        let transport = ScriptedTransport(answers(Discovered.groups()))
        let client = client(transport)
        let found = try #require(try await client.resource(for: configMap))
        #expect(found.plural == "configmaps" && found.isNamespaced && found.shortNames == ["cm"])
        #expect(found.verbs.contains("watch"))
        let namespaces = try #require(
            try await client.resource(for: GroupVersionKind(group: "", version: "v1", kind: "Namespace")))
        #expect(!namespaces.isNamespaced && namespaces.subresources == ["status"])
        let scaler = GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler")
        #expect(try await client.preferredResource(for: scaler)?.version == "v2")
        #expect(
            try await client.resource(
                for: GroupVersionKind(group: "autoscaling", version: "v1", kind: scaler.kind))?.version == "v1")
        #expect(transport.requests.map(\.url) == ["https://api.example:6443/api", "https://api.example:6443/apis"])
        #expect(transport.requests.first?.headers["Accept"]?.contains("as=APIGroupDiscoveryList") == true)
    }

    @Test("a server without the aggregated form is asked group by group")
    func legacy() async throws {
        let transport = ScriptedTransport { request in
            let body: String? =
                switch String(request.url.dropFirst("https://api.example:6443".count)) {
                case "/api": #"{"kind":"APIVersions","versions":["v1"]}"#
                case "/apis":
                    """
                    {"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"apps","versions":[\
                    {"groupVersion":"apps/v1beta1","version":"v1beta1"},{"groupVersion":"apps/v1","version":"v1"}],\
                    "preferredVersion":{"groupVersion":"apps/v1","version":"v1"}},{"name":"metrics.k8s.io",\
                    "versions":[{"groupVersion":"metrics.k8s.io/v1","version":"v1"}]}]}
                    """
                case "/api/v1":
                    """
                    {"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods","singularName":"pod",\
                    "namespaced":true,"kind":"Pod","verbs":["get"],"shortNames":["po"]},{"name":"pods/log",\
                    "singularName":"","namespaced":true,"kind":"Pod","verbs":["get"]}]}
                    """
                case "/apis/apps/v1", "/apis/apps/v1beta1":
                    """
                    {"kind":"APIResourceList","groupVersion":"apps/v1","resources":[{"name":"deployments",\
                    "singularName":"deployment","namespaced":true,"kind":"Deployment","verbs":["patch"]},\
                    {"name":"deployments/scale","namespaced":true,"group":"autoscaling","version":"v1",\
                    "kind":"Scale","verbs":["get"]}]}
                    """
                default: nil
                }
            return body.map { ScriptedTransport.json(200, $0) } ?? ScriptedTransport.json(503, "no")
        }
        let client = client(transport)
        let deployment = try #require(
            try await client.preferredResource(for: GroupKind(group: "apps", kind: "Deployment")))
        #expect(deployment.version == "v1" && deployment.subresources == ["scale"])
        let pod = try await client.resource(for: GroupVersionKind(group: "", version: "v1", kind: "Pod"))
        #expect(pod?.subresources == ["log"])
        #expect(
            try await client.resource(for: GroupVersionKind(group: "apps", version: "v1", kind: "Scale")) == nil)
        let unknown = await refusal {
            _ = try await client.resource(
                for: GroupVersionKind(group: "metrics.k8s.io", version: "v1", kind: "PodMetrics"))
        }
        #expect(unknown?.code == .unavailable)
        #expect(unknown?.isTransient == true)
    }

    @Test("not finding a kind asks again, but at most once a second")
    func rateBound() async throws {
        let clock = StandingClock()
        let transport = ScriptedTransport(
            answers(Discovered.groups()) + answers(Discovered.groups(Discovered.widgets)))
        let client = client(transport, clock: clock)
        for _ in 0..<5 { #expect(try await client.resource(for: widget) == nil) }
        #expect(transport.requests.count == 2)
        clock.advance(by: .seconds(1))
        #expect(try await client.resource(for: widget)?.plural == "widgets")
        _ = try await client.resource(for: widget)
        _ = try await client.resource(for: configMap)
        #expect(transport.requests.count == 4)
    }

    @Test("an invalidated cache is read anew at once")
    func invalidated() async throws {
        let transport = ScriptedTransport(
            answers(Discovered.groups()) + answers(Discovered.groups(Discovered.widgets)))
        let client = client(transport)
        #expect(try await client.resource(for: widget) == nil)
        await client.invalidateDiscovery()
        #expect(try await client.resource(for: widget) != nil)
    }

    @Test("a kind that a request finds gone is looked for again")
    func gone() async throws {
        let clock = StandingClock()
        let transport = ScriptedTransport(
            answers(Discovered.groups(Discovered.widgets))
                + [.response(HTTPResponse(status: 404, body: Array("404 page not found\n".utf8)))]
                + answers(Discovered.groups()))
        let client = client(transport, clock: clock)
        let object: Object = [
            "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w", "namespace": "t"],
        ]
        let first = await refusal {
            _ = try await client.apply(object, fieldManager: "mainstay", force: false, dryRun: false)
        }
        #expect(first?.code == .kindNotServed)
        let second = await refusal {
            _ = try await client.apply(object, fieldManager: "mainstay", force: false, dryRun: false)
        }
        #expect(second?.code == .kindNotServed)
        #expect(second?.message.contains("example.com/v1 Widget") == true)
        #expect(transport.requests.count == 5)
    }

    @Test("many questions at once make one round of requests")
    func singleFlight() async throws {
        let transport = Discovered.transport()
        let client = client(transport)
        try await withThrowingTaskGroup(of: APIResource?.self) { group in
            for _ in 0..<20 { group.addTask { try await client.resource(for: configMap) } }
            for try await found in group { #expect(found?.plural == "configmaps") }
        }
        #expect(transport.requests.count == 2)
    }

    @Test("a failed round is told to who asked, and the next one asks again")
    func failed() async throws {
        let failure = TransportError(code: .connect, subject: "GET /api", message: "refused")
        let transport = ScriptedTransport([.failure(failure)] + answers(Discovered.groups()))
        let client = client(transport)
        #expect(await refusal { _ = try await client.resource(for: configMap) }?.code == .transport)
        #expect(try await client.resource(for: configMap) != nil)
    }

    @Test("who waits for a round that fails shares its failure and does not try in turn")
    func sharedFailure() async throws {
        let discovery = Discovery(clock: StandingClock())
        let (started, start) = AsyncStream<Void>.makeStream()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let rounds = Counter()
        let ask: @Sendable () async -> KubernetesError? = {
            await refusal {
                let _: APIResource? = try await discovery.find(
                    group: "", subject: "discover",
                    refresh: { () async throws(KubernetesError) in
                        rounds.increment()
                        start.yield()
                        for await _ in gate { break }
                        throw KubernetesError(code: .transport, subject: "discover", message: "refused")
                    }, { _ in nil })
            }
        }
        await withTaskGroup(of: KubernetesError?.self) { group in
            group.addTask { await ask() }
            for await _ in started { break }
            for _ in 0..<5 { group.addTask { await ask() } }
            while await discovery.waitingCount < 5 { await Task.yield() }
            open.finish()
            for await error in group { #expect(error?.code == .transport) }
        }
        #expect(rounds.value == 1)
    }

    @Test("a group whose server was away when the list was made does not count as not served")
    func stale() async {
        let stale = #"{"metadata":{"name":"example.com"},"versions":[{"version":"v1","freshness":"Stale"}]}"#
        let client = client(ScriptedTransport(answers(Discovered.groups(stale))))
        #expect(await refusal { _ = try await client.resource(for: widget) }?.code == .unavailable)
    }
}
