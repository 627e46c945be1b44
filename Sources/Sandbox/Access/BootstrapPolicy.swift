// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The roles and bindings that every cluster with RBAC begins with (Kubernetes manual, "Default roles and role
/// bindings").
enum BootstrapPolicy {
    static var objects: [Object] { clusterRoles + clusterRoleBindings }

    private static let shorthands = [
        "read": ["get", "list", "watch"], "write": ["create", "delete", "deletecollection", "patch", "update"],
        "all": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    ]

    private static var clusterRoles: [Object] {
        var result: [Object] = []
        var rules: [Value] = []
        func finish() {
            guard let last = result.indices.last else { return }
            result[last]["rules"] = result[last]["aggregationRule"] == nil ? .array(rules) : .null
            rules = []
        }
        for line in roles.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix(" ") {
                rules.append(rule(words).value)
            } else {
                finish()
                result.append(role(words))
            }
        }
        finish()
        return result
    }

    private static func role(_ words: [String]) -> Object {
        var object = bare("ClusterRole", words[0])
        for word in words.dropFirst() {
            let label = "rbac.authorization.k8s.io/aggregate-to-\(word.dropFirst())"
            if word.hasPrefix("+") {
                object.set("true", at: "metadata", "labels", label)
            } else {
                var labels = Object()
                labels[label] = "true"
                object["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": .object(labels)]]]
            }
        }
        return object
    }

    private static func rule(_ words: [String]) -> PolicyRule {
        func list(_ index: Int) -> [String] {
            words.indices.contains(index) ? words[index].split(separator: ",").map(String.init) : []
        }
        let verbs = shorthands[words[2]] ?? list(2)
        if words[0] == "url" { return PolicyRule(verbs: verbs, nonResourceURLs: list(1)) }
        return PolicyRule(
            verbs: verbs, apiGroups: list(0).map { $0 == "core" ? "" : $0 }, resources: list(1), resourceNames: list(3))
    }

    private static var clusterRoleBindings: [Object] {
        bindings.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            var object = bare("ClusterRoleBinding", words[0])
            object["roleRef"] = [
                "apiGroup": .string(Authorizer.group), "kind": "ClusterRole", "name": .string(words[0]),
            ]
            object["subjects"] = .array(
                words.dropFirst().map { word in
                    let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
                    return parts[0] == "ServiceAccount"
                        ? ["kind": .string(parts[0]), "name": .string(parts[1]), "namespace": "kube-system"]
                        : [
                            "apiGroup": .string(Authorizer.group), "kind": .string(parts[0]), "name": .string(parts[1]),
                        ]
                })
            return object
        }
    }

    private static func bare(_ kind: String, _ name: String) -> Object {
        [
            "apiVersion": .string("\(Authorizer.group)/v1"), "kind": .string(kind),
            "metadata": [
                "name": .string(name), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
                "annotations": ["rbac.authorization.kubernetes.io/autoupdate": "true"],
            ],
        ]
    }
}
