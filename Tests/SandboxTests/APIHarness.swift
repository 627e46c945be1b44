// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// A sandbox without controllers, spoken to as clients do.
struct APIHarness {
    struct Answer {
        var status: Int
        var body: Value
        var warnings: [String]

        var message: String { body["message"]?.string ?? "" }
        var resourceVersion: String? { body["metadata"]?["resourceVersion"]?.string }

        /// `manager/operation[/subresource]` of every entry, in order.
        var managers: [String] {
            (body["metadata"]?["managedFields"]?.array ?? []).map { entry in
                [entry["manager"], entry["operation"], entry["subresource"]].compactMap { $0?.string }
                    .joined(separator: "/")
            }
        }

        /// What a manager owns, as paths.
        func owned(_ manager: String) -> [String] {
            (body["metadata"]?["managedFields"]?.array ?? []).filter { $0["manager"]?.string == manager }
                .flatMap { FieldSet(fieldsV1: $0["fieldsV1"] ?? [:]).paths.map { $0.map(\.pathText).joined() } }
        }
    }

    let time = TestTime()
    let cluster: SandboxCluster

    init() {
        let time = time
        cluster = SandboxCluster(clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 3))
    }

    @discardableResult
    func send(
        _ method: String, _ path: String, _ body: Value? = nil, type: String = "application/json", text: String? = nil
    ) async -> Answer {
        let response = await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "Content-Type", value: type), (name: "User-Agent", value: "test/1")],
                body: text.map { Array($0.utf8) } ?? body.map { JSON.bytes($0) } ?? []))
        let warnings = response.headers.filter { $0.name == "warning" }.map(\.value)
        guard case .bytes(let bytes) = response.body else {
            return Answer(status: response.status, body: .null, warnings: warnings)
        }
        return Answer(status: response.status, body: (try? JSON.parse(bytes)) ?? .null, warnings: warnings)
    }

    @discardableResult
    func apply(_ path: String, as manager: String, force: Bool = false, query: String = "", _ body: Value) async
        -> Answer
    {
        await send(
            "PATCH", "\(path)?fieldManager=\(manager)&force=\(force)\(query)", body,
            type: "application/apply-patch+yaml")
    }

    @discardableResult
    func merge(_ path: String, as manager: String, _ body: Value) async -> Answer {
        await send("PATCH", "\(path)?fieldManager=\(manager)", body, type: "application/merge-patch+json")
    }

    /// A definition that is served when this returns.
    @discardableResult
    func define(_ definition: Value) async -> Answer {
        let answer = await send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        await cluster.settle()
        return answer
    }

    /// Replaces a definition, over the version it has now.
    @discardableResult
    func redefine(_ definition: Value) async -> Answer {
        let path =
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + (definition["metadata"]?["name"]?.string ?? "")
        var object = definition.object ?? Object()
        object.set(await send("GET", path).resourceVersion.map { .string($0) }, at: "metadata", "resourceVersion")
        let answer = await send("PUT", path, .object(object))
        await cluster.settle()
        return answer
    }
}
