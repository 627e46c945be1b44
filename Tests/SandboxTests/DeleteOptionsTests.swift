// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("What a deletion says in its body is heeded")
struct DeleteOptionsTests {
    private static let path = "/api/v1/namespaces/default/configmaps"
    private let api = APIHarness()

    private func create() async -> String {
        let made = await api.send("POST", Self.path, ["metadata": ["name": "c"]])
        return made.body["metadata"]?["uid"]?.string ?? ""
    }

    private func isThere() async -> Bool { await api.send("GET", "\(Self.path)/c").status == 200 }

    @Test("A dry run keeps the object, and is All or nothing", arguments: ["\(path)/c", path])
    func dryRun(path: String) async {
        _ = await create()
        #expect(await api.send("DELETE", path, ["dryRun": ["All"]]).status == 200)
        #expect(await isThere())
        let wrong = await api.send("DELETE", path, ["dryRun": ["Some"]])
        #expect(wrong.status == 422)
        #expect(wrong.message.contains("supported values: \"All\""), "\(wrong.message)")
        #expect(await isThere())
        #expect(await api.send("DELETE", path, [:]).status == 200)
        #expect(await isThere() == false)
    }

    @Test("A body that cannot be read deletes nothing", arguments: ["\(path)/c", path])
    func unreadable(path: String) async {
        _ = await create()
        let answer = await api.send("DELETE", path, text: #"{"preconditions": {"uid": "x"}"#)
        #expect(answer.status == 400)
        #expect(answer.message.hasPrefix("couldn't get version/kind; json parse error: "), "\(answer.message)")
        #expect(await isThere())
    }

    @Test("Preconditions hold in YAML as well")
    func yaml() async {
        let uid = await create()
        let wrong = "preconditions: {uid: x}"
        #expect(await api.send("DELETE", "\(Self.path)/c", type: "application/yaml", text: wrong).status == 409)
        let right = "preconditions: {uid: \(uid)}"
        #expect(await api.send("DELETE", "\(Self.path)/c", type: "application/yaml", text: right).status == 200)
    }

    @Test("Beside a body the query says nothing")
    func query() async {
        _ = await create()
        await api.send("DELETE", "\(Self.path)/c?propagationPolicy=Foreground", [:])
        #expect(await isThere() == false)
        _ = await create()
        await api.send("DELETE", "\(Self.path)/c?propagationPolicy=Foreground")
        #expect(await isThere())
    }

    @Test("An eviction that is a dry run by its options keeps the pod")
    func eviction() async {
        let pods = "/api/v1/namespaces/default/pods"
        let spec: Value = ["containers": [["name": "c", "image": "i"]]]
        await api.send("POST", pods, ["metadata": ["name": "p"], "spec": spec])
        let eviction: Value = ["metadata": ["name": "p"], "deleteOptions": ["dryRun": ["All"]]]
        #expect(await api.send("POST", "\(pods)/p/eviction", eviction).status == 201)
        #expect(await api.send("GET", "\(pods)/p").status == 200)
        #expect(await api.send("POST", "\(pods)/p/eviction", text: "{").status == 400)
        #expect(await api.send("GET", "\(pods)/p").status == 200)
    }

    @Test("A namespace keeps its finalizers where the request to take them cannot be read")
    func finalize() async {
        let path = "/api/v1/namespaces/shop"
        await api.send("POST", "/api/v1/namespaces", ["metadata": ["name": "shop"]])
        #expect(await api.send("PUT", "\(path)/finalize", text: "{").status == 400)
        #expect(await api.send("GET", path).body["spec"]?["finalizers"] == ["kubernetes"])
    }
}
