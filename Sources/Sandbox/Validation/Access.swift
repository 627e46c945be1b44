// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Roles and their bindings.
extension Causes {
    private static let group = "rbac.authorization.k8s.io"

    mutating func role(_ object: Object, namespaced: Bool) {
        for rule in Field("rules", object["rules"]).items {
            if rule["verbs"].count == 0 {
                required(Field(rule["verbs"].path, nil), "verbs must contain at least one value")
            }
            let urls = rule["nonResourceURLs"]
            if urls.count > 0 {
                if namespaced { invalid(urls, "namespaced rules cannot apply to non-resource URLs") }
                if rule["apiGroups"].count + rule["resources"].count + rule["resourceNames"].count > 0 {
                    invalid(urls, "rules cannot apply to both regular resources and non-resource URLs")
                }
                continue
            }
            if rule["apiGroups"].count == 0 {
                required(Field(rule["apiGroups"].path, nil), "resource rules must supply at least one api group")
            }
            if rule["resources"].count == 0 {
                required(Field(rule["resources"].path, nil), "resource rules must supply at least one resource")
            }
        }
        guard object["aggregationRule"]?.isNull == false else { return }
        let parts = Field(
            "aggregationRule.clusterRoleSelectors", object.value(at: "aggregationRule", "clusterRoleSelectors"))
        if parts.count == 0 {
            required(
                Field(parts.path, nil), "at least one clusterRoleSelector required if aggregationRule is non-nil")
        }
        for part in parts.items {
            selector(part)
            if !Self.isUsable(selector: part) { invalid(part, "invalid label selector.") }
        }
    }

    mutating func binding(_ object: Object, old: Object?, namespaced: Bool) {
        let reference = Field("roleRef", object["roleRef"])
        if reference["apiGroup"].string != Self.group {
            unsupported(reference["apiGroup"], [Self.group], showing: .string(reference["apiGroup"].string))
        }
        let kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        if !kinds.contains(reference["kind"].string) {
            unsupported(reference["kind"], kinds, showing: .string(reference["kind"].string))
        }
        requiredText(reference["name"], NameRules.pathSegment)
        for subject in Field("subjects", object["subjects"]).items { self.subject(subject, namespaced: namespaced) }
        if let old, object["roleRef"] != old["roleRef"] {
            invalid(
                reference, "cannot change roleRef",
                showing: [
                    "APIGroup": .string(reference["apiGroup"].string), "Kind": .string(reference["kind"].string),
                    "Name": .string(reference["name"].string),
                ])
        }
    }

    private mutating func subject(_ subject: Field, namespaced: Bool) {
        if subject["name"].string.isEmpty { required(subject["name"]) }
        let group = subject["apiGroup"]
        switch subject["kind"].string {
        case "ServiceAccount":
            if !subject["name"].string.isEmpty { check(subject["name"], NameRules.subdomain) }
            if !group.string.isEmpty { unsupported(group, [""]) }
            if !namespaced, subject["namespace"].string.isEmpty { required(subject["namespace"]) }
        case "User", "Group":
            if group.string != Self.group { unsupported(group, [Self.group], showing: .string(group.string)) }
        default:
            unsupported(
                subject["kind"], ["ServiceAccount", "User", "Group"], showing: .string(subject["kind"].string))
        }
    }
}
