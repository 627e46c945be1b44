// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("What the server serves beside its API, and how it is written")
struct ServerPathsTests {
    let box = ReadBox()

    private func text(_ path: String, agent: String = "test/1", method: String = "GET") async -> (Int, String) {
        let response = await box.cluster.respond(
            to: SandboxRequest(method: method, path: path, headers: [(name: "User-Agent", value: agent)]))
        guard case .bytes(let bytes) = response.body else { return (response.status, "a stream") }
        return (response.status, String(decoding: bytes, as: UTF8.self))
    }

    @Test("Health is told in a word, check by check, and without the checks that are left out")
    func health() async {
        #expect(await text("/livez") == (200, "ok"))
        let checks = await text("/livez?verbose&exclude=etcd&exclude=nope").1
        #expect(checks.hasPrefix("[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\n[+]poststarthook/"))
        #expect(
            checks.hasSuffix(
                "warn: some health checks cannot be excluded: no matches for \"nope\"\nlivez check passed\n"))
        #expect(await text("/readyz?verbose").1.hasSuffix("[+]shutdown ok\nreadyz check passed\n"))
        #expect(await text("/readyz/poststarthook/rbac/bootstrap-roles") == (200, "ok"))
        #expect(await text("/readyz/nope") == (404, "404 page not found\n"))
    }

    @Test("The root lists the paths that there are, those of custom groups among them")
    func root() async throws {
        await box.define()
        let (status, text) = await text("/")
        let paths = (try JSON.parse(text)["paths"]?.array ?? []).compactMap(\.string)
        #expect(status == 200 && text.hasPrefix("{\n  \"paths\": [\n    \"/api\",\n"))
        #expect(paths == paths.sorted())
        #expect(Set(["/apis/example.com/v1", "/livez/ping", "/openapi/v2", "/version"]).isSubset(of: paths))
    }

    @Test("A new cluster has what a kube-apiserver creates in each")
    func standingObjects() async {
        func names(_ path: String) async -> [String] {
            (await box.get(path)["items"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string }
        }
        #expect(
            await names("/apis/scheduling.k8s.io/v1/priorityclasses")
                == ["system-cluster-critical", "system-node-critical"])
        #expect(await names("/apis/networking.k8s.io/v1/servicecidrs") == ["kubernetes"])
        #expect(await names("/api/v1/componentstatuses") == ["controller-manager", "etcd-0", "scheduler"])
    }

    @Test("Every group version that is served has its APIService, as long as it is served")
    func services() async {
        let path = "/apis/apiregistration.k8s.io/v1/apiservices"
        func names() async -> [String] {
            (await box.get(path)["items"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string }
        }
        let before = await names()
        #expect(before.count == 21 && Set(["v1.", "v1.apps", "v2.autoscaling"]).isSubset(of: before))
        let apps = await box.get("\(path)/v1.apps")
        #expect(
            apps["spec"] == [
                "version": "v1", "groupPriorityMinimum": 17800, "versionPriority": 15, "group": "apps",
            ])
        #expect(apps["status"]?["conditions"]?[0]?["reason"] == "Local")
        await box.define()
        #expect(await names().filter { !before.contains($0) } == ["v1.example.com"])
        let custom = await box.get("\(path)/v1.example.com")
        #expect(custom["metadata"]?["labels"] == ["kube-aggregator.kubernetes.io/automanaged": "true"])
        await box.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com", [:], method: "DELETE")
        await box.cluster.settle()
        #expect(await names() == before)
    }

    @Test("Metrics count what is stored")
    func metrics() async {
        await box.create("a")
        let before = await text("/metrics").1
        await box.create("b")
        let after = await text("/metrics").1
        func count(_ text: String) -> Int? {
            text.split(separator: "\n").first { $0.contains("resource=\"configmaps\"") }?.split(separator: " ").last
                .flatMap { Int($0) }
        }
        #expect(count(before).map { $0 + 1 } == count(after) && count(after) != nil)
    }

    @Test(
        "JSON is written in lines for who asks for it or reads it in a terminal, and in one for programs",
        arguments: [
            ("", "curl/8", true), ("", "Wget/1", true), ("", "kubectl/v1.37", false), ("?pretty=true", "kubectl", true),
            ("?pretty=0", "curl/8", false), ("?pretty=yes", "curl/8", false),
        ])
    func pretty(query: String, agent: String, isPretty: Bool) async {
        let start = isPretty ? "{\n  \"kind\": \"Namespace\",\n" : "{\"kind\":\"Namespace\","
        let text = await text("/api/v1/namespaces/default\(query)", agent: agent).1
        #expect(text.hasPrefix(start))
        #expect(text.hasSuffix("\n") != isPretty)
    }

    @Test("YAML is written for who takes that first, refusals as well")
    func yaml() async throws {
        func text(_ path: String, _ accept: String) async -> (type: String, text: String) {
            let response = await box.send(path, accept: accept)
            guard case .bytes(let bytes) = response.body else { return ("", "") }
            let type = response.headers.first { $0.name == "content-type" }?.value ?? ""
            return (type, String(decoding: bytes, as: UTF8.self))
        }
        let namespace = await text("/api/v1/namespaces/default", "application/xml, application/yaml, */*")
        #expect(namespace.type == "application/yaml")
        #expect(namespace.text.hasPrefix("apiVersion: v1\nkind: Namespace\nmetadata:\n  creationTimestamp: "))
        #expect(await text("/api/v1/namespaces/none", "application/yaml").text.contains("\nreason: NotFound\n"))
        #expect(await text("/api/v1/namespaces", "application/json, application/yaml").type == "application/json")
    }

    @Test(
        "How long a request may take is read in Go's words",
        arguments: [
            ("10s", nil), ("1h2.5m", nil), ("0", nil), ("-1ms", nil), ("10", "time: missing unit in duration \"10\""),
            ("x", "time: invalid duration \"x\""), ("1d", "time: unknown unit \"d\" in duration \"1d\""),
        ] as [(String, String?)])
    func timeouts(text: String, problem: String?) async {
        let answer = await box.get("/api/v1/namespaces?timeout=\(text)")
        guard let problem else {
            #expect(answer["kind"] == "NamespaceList")
            return
        }
        #expect(answer["code"] == 400)
        #expect(answer["message"] == .string("invalid timeout specified in the request URL - \(problem)"))
    }

    @Test("The Scale of a kind is printed in columns of its own, that of a custom kind in those of its definition")
    func scale() async throws {
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
        await box.post(
            "/apis/apps/v1/namespaces/default/deployments",
            [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d"],
                "spec": [
                    "replicas": 2, "selector": ["matchLabels": ["a": "b"]],
                    "template": [
                        "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]],
                    ],
                ],
            ])
        let table = await box.get("/apis/apps/v1/namespaces/default/deployments/d/scale", accept: accept)
        func names(_ table: Value) -> [String] {
            (table["columnDefinitions"]?.array ?? []).compactMap { $0["name"]?.string }
        }
        #expect(names(table) == ["Name", "Desired", "Available", "Age"])
        #expect(table["rows"]?[0]?["cells"]?.array?.prefix(3) == ["d", 2, 0])
        #expect(table["rows"]?[0]?["object"]?["metadata"]?["name"] == "d")

        let custom = ResourceType.scale(of: try #require(CustomKind.widget))
        let printer = TablePrinter(
            type: custom, included: .none, version: "v1", now: try #require(Timestamp("2026-01-01T12:00:00Z")))
        let scale: Object = [
            "metadata": ["name": "w", "creationTimestamp": "2026-01-01T11:00:00Z"], "spec": ["replicas": 3],
            "status": .object(Object()),
        ]
        let printed = printer.table(of: [scale], metadata: Object())
        #expect(names(printed) == ["Name", "Desired", "Available", "Age"])
        #expect(printed["rows"]?[0]?["cells"] == ["w", 3, .null, "60m"])
    }
}

private enum CustomKind {
    static let widget: ResourceType? = ResourceType.types(of: [
        "spec": [
            "group": "example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
            "versions": [["name": "v1", "served": true, "storage": true]],
        ]
    ]).first
}
