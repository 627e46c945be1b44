// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Source: pkg/apis/admissionregistration/validation, and apiserver's pkg/util/webhook for who is called.
extension Causes {
    mutating func webhooks(_ object: Object) {
        var names: Set<String> = []
        for webhook in Field("webhooks", object["webhooks"]).items {
            self.webhook(webhook)
            reviewVersions(webhook["admissionReviewVersions"], missing: "must specify one of v1, v1beta1")
            let name = webhook["name"].string
            if !name.isEmpty, !names.insert(name).inserted { duplicate(webhook["name"]) }
        }
    }

    private mutating func webhook(_ webhook: Field) {
        let name = webhook["name"]
        let problems = NameRules.subdomain(name.string)
        if name.string.isEmpty {
            required(name)
        } else if !problems.isEmpty {
            invalid(name, problems.joined(separator: ","))
        } else if name.string.split(separator: ".").count < 3 {
            invalid(name, "should be a domain with at least three segments separated by dots")
        }
        for rule in webhook["rules"].items { webhookRule(rule) }
        choice(webhook["failurePolicy"], ["Fail", "Ignore"])
        choice(webhook["matchPolicy"], ["Equivalent", "Exact"])
        if !webhook["sideEffects"].isSet {
            required(webhook["sideEffects"], "must specify one of None, NoneOnDryRun")
        } else {
            choice(webhook["sideEffects"], ["None", "NoneOnDryRun"])
        }
        if let seconds = webhook["timeoutSeconds"].integer, !(1...30).contains(seconds) {
            invalid(webhook["timeoutSeconds"], "the timeout value must be between 1 and 30 seconds")
        }
        for key in ["namespaceSelector", "objectSelector"] { selector(webhook[key]) }
        webhookClient(webhook["clientConfig"])
        choice(webhook["reinvocationPolicy"], ["IfNeeded", "Never"])
    }

    mutating func reviewVersions(_ versions: Field, missing: String) {
        guard versions.count > 0 else { return required(Field(versions.path, nil), missing) }
        var seen: Set<String> = []
        for version in versions.items {
            guard seen.insert(version.string).inserted else {
                invalid(version, "duplicate version")
                continue
            }
            if !DefinitionValidation.isDNSLabel(version.string) { invalid(version, NameRules.dns1035) }
        }
        if seen.isDisjoint(with: ["v1", "v1beta1"]) {
            invalid(versions, "must include at least one of v1, v1beta1")
        }
    }

    private mutating func webhookRule(_ rule: Field) {
        func hasStar(_ field: Field) -> Bool { field.items.contains { $0.string == "*" } }
        let operations = rule["operations"]
        if operations.count == 0 { required(Field(operations.path, nil)) }
        if operations.count > 1, hasStar(operations) {
            invalid(operations, "if '*' is present, must not specify other operations")
        }
        for operation in operations.items {
            choice(operation, ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"])
        }
        for (key, word) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
            if rule[key].count == 0 { required(Field(rule[key].path, nil)) }
            if rule[key].count > 1, hasStar(rule[key]) {
                invalid(rule[key], "if '*' is present, must not specify other \(word)")
            }
        }
        for version in rule["apiVersions"].items where version.string.isEmpty { required(version) }
        let resources = rule["resources"]
        if resources.count == 0 { required(Field(resources.path, nil)) }
        for resource in resources.items where resource.string.isEmpty { required(resource) }
        let names = resources.items.map(\.string)
        if names.count > 1, names.contains("*/*") {
            invalid(resources, "if '*/*' is present, must not specify other resources")
        }
        if names.contains("*"), names.contains(where: { $0 != "*" && !$0.contains("/") }) {
            invalid(resources, "if '*' is present, must not specify other resources without subresources")
        }
        choice(rule["scope"], ["*", "Cluster", "Namespaced"])
    }

    mutating func webhookClient(_ client: Field) {
        let service = client["service"]
        guard client["url"].isSet != service.isSet else {
            return required(client, "exactly one of url or service is required")
        }
        if client["url"].isSet { return webhookAddress(client["url"]) }
        if service["name"].string.isEmpty { required(service["name"], "service name is required") }
        if service["namespace"].string.isEmpty { required(service["namespace"], "service namespace is required") }
        if service["path"].isSet { webhookPath(service["path"]) }
        let port = service["port"].integer ?? 443
        if !(1...65535).contains(port) {
            invalid(service["port"], "port is not valid: \(NameRules.portRange)")
        }
    }

    private mutating func webhookAddress(_ url: Field) {
        let form = "; desired format: https://host[/path]"
        let text = url.string
        let scheme = text.firstRange(of: "://").map { String(text[..<$0.lowerBound]) } ?? ""
        if scheme != "https" {
            invalid(url, "'https' is the only allowed URL scheme\(form)", showing: .string(scheme))
        }
        let rest = scheme.isEmpty ? "" : text.dropFirst(scheme.count + 3)
        var host = rest.prefix { !"/?#".contains($0) }
        if let at = host.lastIndex(of: "@") {
            invalid(url, "user information is not permitted in the URL", showing: .string(String(host[..<at])))
            host = host[host.index(after: at)...]
        }
        if host.isEmpty { invalid(url, "host must be specified\(form)", showing: "") }
        let parts = rest.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count > 1, !parts[1].isEmpty {
            invalid(url, "fragments are not permitted in the URL", showing: .string(String(parts[1])))
        }
        let query = (parts.first ?? "").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        if query.count > 1, !query[1].isEmpty {
            invalid(url, "query parameters are not permitted in the URL", showing: .string(String(query[1])))
        }
    }

    private mutating func webhookPath(_ path: Field) {
        let text = path.string
        if text.isEmpty || text == "/" { return }
        if text == "//" { return invalid(path, "segment[0] may not be empty") }
        if !text.hasPrefix("/") { invalid(path, "must start with a '/'") }
        var segments = text.drop { $0 == "/" }.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if segments.last?.isEmpty == true { segments.removeLast() }
        for (index, segment) in segments.enumerated() {
            if segment.isEmpty {
                invalid(path, "segment[\(index)] may not be empty")
                continue
            }
            for problem in NameRules.subdomain(segment) { invalid(path, "segment[\(index)]: \(problem)") }
        }
    }
}
