// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What is connected to rather than read: `exec`, `attach`, `portforward`, `proxy`.
extension OpenAPIOperations {
    func connections(_ type: ResourceType, scope: String, inPath: [String]) -> [Item] {
        type.subresources.filter { Self.isConnection($0.name) }.flatMap { subresource -> [Item] in
            let path = "\(scope)/\(type.plural)/{name}/\(subresource.name)"
            let kind = GroupVersionKind(group: group, version: version, kind: subresource.kind)
            let isProxy = subresource.name == "proxy"
            let methods = isProxy ? ["delete", "get", "head", "options", "patch", "post", "put"] : ["get", "post"]
            let parameters = OpenAPIParameters.values(
                (inPath + ["name"] + Self.parameters(of: subresource.name)).sorted())
            func item(_ path: String, suffix: String = "", more: [Value] = []) -> Item {
                var value = Object()
                for method in methods {
                    value[method] = connect(type, subresource.name, kind, method, suffix: suffix)
                }
                value["parameters"] = .array((parameters.array ?? []) + more)
                return Item(path: path, value: .object(value))
            }
            guard isProxy else { return [item(path)] }
            // The rest of the path is what the service itself is asked.
            let rest: Value = [
                "name": "path", "in": "path", "required": true, "schema": ["type": "string", "uniqueItems": true],
            ]
            return [item(path), item(path + "/{path}", suffix: "WithPath", more: [rest])]
        }
    }

    static func isConnection(_ subresource: String) -> Bool {
        ["attach", "exec", "portforward", "proxy"].contains(subresource)
    }

    private static func parameters(of subresource: String) -> [String] {
        switch subresource {
        case "attach": ["container", "stderr", "stdin", "stdout", "tty"]
        case "exec": ["command", "container", "stderr", "stdin", "stdout", "tty"]
        case "portforward": ["ports"]
        default: ["path"]
        }
    }

    private func connect(
        _ type: ResourceType, _ subresource: String, _ kind: GroupVersionKind, _ method: String, suffix: String
    ) -> Value {
        let name = Self.capitalized(subresource[...]) + suffix
        let scope = type.namespaced ? "Namespaced" : ""
        return [
            "tags": [.string(tag)],
            "description": .string("connect \(method.uppercased()) requests to \(subresource) of \(type.kind)"),
            "operationId": .string(
                "connect\(camelGroup)\(Self.capitalized(method[...]))\(scope)\(type.kind)\(name)"),
            "responses": [
                "200": ["description": "OK", "content": ["*/*": ["schema": ["type": "string"]]]],
                "401": ["description": "Unauthorized"],
            ],
            "x-kubernetes-action": "connect",
            "x-kubernetes-group-version-kind": [
                "group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind),
            ],
        ]
    }
}
