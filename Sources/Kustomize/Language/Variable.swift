// SPDX-License-Identifier: Apache-2.0

import Manifests

/// An entry of `vars`: `$(NAME)` stands for a field of an object.
struct Variable: Sendable {
    var name: String
    var kind: GroupVersionKind
    var objectName: String
    /// Empty: any.
    var namespace: String
    var path: FieldPath
    var file: String
    var position: YAMLNode.Position
}

extension KustomizationDecoder {
    static func variable(_ fields: StrictMap, file: String) -> Variable {
        let name: String = fields.optional("name") ?? ""
        let reference = fields.map("objref") { reference in
            let kind: String = reference.optional("kind") ?? ""
            var result = GroupVersionKind(
                group: reference.optional("group") ?? "", version: reference.optional("version") ?? "", kind: kind)
            let version: String = reference.optional("apiVersion") ?? ""
            if !version.isEmpty, version.split(separator: "/", omittingEmptySubsequences: false).count <= 2 {
                let stated = GroupVersionKind(apiVersion: version, kind: kind)
                if version.contains("/") { result.group = stated.group }
                result.version = stated.version
            }
            return (
                kind: result, name: reference.optional("name", as: String.self) ?? "",
                namespace: reference.optional("namespace", as: String.self) ?? ""
            )
        }
        let path = fields.map("fieldref") { $0.optional("fieldPath", as: String.self) ?? "" } ?? ""
        return Variable(
            name: name, kind: reference?.kind ?? GroupVersionKind(group: "", version: "", kind: ""),
            objectName: reference?.name ?? "", namespace: reference?.namespace ?? "",
            path: FieldPath(path.isEmpty ? "metadata.name" : path).splittingIndices, file: file,
            position: fields.node.position)
    }
}
