// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Ingresses, their classes, and network policies.
extension Causes {
    mutating func ingress(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        if spec["rules"].count == 0, !spec["defaultBackend"].isSet {
            invalid(spec, "either `defaultBackend` or `rules` must be specified", showing: .null)
        }
        if spec["defaultBackend"].isSet { backend(spec["defaultBackend"]) }
        for rule in spec["rules"].items { ingressRule(rule) }
        for entry in spec["tls"].items {
            for host in entry["hosts"].items {
                check(host, host.string.contains("*") ? NameRules.wildcardSubdomain : NameRules.subdomain)
            }
            if !entry["secretName"].string.isEmpty { check(entry["secretName"], NameRules.subdomain) }
        }
        if spec["ingressClassName"].isSet { check(spec["ingressClassName"], NameRules.subdomain) }
        let annotation = "kubernetes.io/ingress.class"
        if old == nil, let value = object.annotations[annotation], spec["ingressClassName"].isSet,
            value != spec["ingressClassName"].value
        {
            invalid(
                Field("annotations.\(annotation)", value), "must match `ingressClassName` when both are specified")
        }
    }

    private mutating func ingressRule(_ rule: Field) {
        let host = rule["host"]
        if !host.string.isEmpty {
            if Addresses.bytes(host.string) != nil { invalid(host, "must be a DNS name, not an IP address") }
            check(host, host.string.contains("*") ? NameRules.wildcardSubdomain : NameRules.subdomain)
        }
        guard rule["http"].isSet else { return }
        let paths = rule["http"]["paths"]
        if paths.count == 0 { required(Field(paths.path, nil)) }
        for path in paths.items { ingressPath(path) }
    }

    private mutating func ingressPath(_ item: Field) {
        let path = item["path"]
        guard item["pathType"].isSet else { return required(item["pathType"], "pathType must be specified") }
        switch item["pathType"].string {
        case "Exact", "Prefix":
            if !path.string.hasPrefix("/") { invalid(path, "must be an absolute path", showing: .string(path.string)) }
            guard !path.string.isEmpty else { break }
            for part in ["//", "/./", "/../", "%2f", "%2F"] where path.string.contains(part) {
                invalid(path, "must not contain '\(part)'")
            }
            for end in ["/..", "/."] where path.string.hasSuffix(end) { invalid(path, "cannot end with '\(end)'") }
        case "ImplementationSpecific":
            if !path.string.isEmpty, !path.string.hasPrefix("/") { invalid(path, "must be an absolute path") }
        default: unsupported(item["pathType"], ["Exact", "ImplementationSpecific", "Prefix"])
        }
        backend(item["backend"])
    }

    private mutating func backend(_ backend: Field) {
        let service = backend["service"]
        switch (backend["resource"].isSet, service.isSet) {
        case (true, true): invalid(backend, "cannot set both resource and service backends", showing: "")
        case (true, false):
            localReference(backend["resource"])
        case (false, false): invalid(backend, "resource or service backend is required", showing: "")
        case (false, true):
            requiredText(service["name"], NameRules.label)
            let number = service["port"]["number"].integer ?? 0
            switch (!service["port"]["name"].string.isEmpty, number != 0) {
            case (true, true): invalid(backend, "cannot set both port name & port number", showing: "")
            case (true, false): check(service["port"]["name"], NameRules.portName)
            case (false, true): range(service["port"]["number"], 1...65535)
            case (false, false): required(backend, "port name or number is required")
            }
        }
    }

    mutating func ingressClass(_ object: Object, old: Object?) {
        let controller = Field("spec.controller", object.value(at: "spec", "controller"))
        if let old { immutable(controller, old.value(at: "spec", "controller"), showing: .string(controller.string)) }
        if controller.string.utf8.count > 250 { tooLong(controller, limit: 250) }
        domainPath(controller)
        let parameters = Field("spec.parameters", object.value(at: "spec", "parameters"))
        if parameters.isSet { classParameters(parameters) }
    }

    /// Source: validateIngressClassParametersReference.
    private mutating func classParameters(_ parameters: Field) {
        localReference(parameters)
        let namespace = parameters["namespace"]
        choice(parameters["scope"], ["Cluster", "Namespace"])
        switch parameters["scope"].string {
        case "Namespace":
            if !namespace.isSet {
                required(namespace, "`parameters.scope` is set to 'Namespace'")
            } else {
                check(namespace, NameRules.label)
            }
        case "Cluster":
            if namespace.isSet { forbidden(namespace, "`parameters.scope` is set to 'Cluster'") }
        default: break
        }
    }

    /// Source: validateIngressTypedLocalObjectReference.
    private mutating func localReference(_ reference: Field) {
        if reference["apiGroup"].isSet { check(reference["apiGroup"], NameRules.subdomain) }
        for key in ["kind", "name"] {
            if reference[key].string.isEmpty {
                required(reference[key], "\(key) is required")
            } else {
                check(reference[key], NameRules.pathSegment)
            }
        }
    }

    /// Source: IsDomainPrefixedPath of apimachinery's validation.
    mutating func domainPath(_ field: Field) {
        guard !field.string.isEmpty else { return required(field) }
        let parts = field.string.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return invalid(field, "must be a domain-prefixed path (such as \"acme.io/foo\")")
        }
        for problem in NameRules.subdomain(String(parts[0])) {
            invalid(field, problem, showing: .string(String(parts[0])))
        }
        if String(parts[1]).wholeMatch(of: /[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+/) == nil {
            invalid(
                field,
                "Invalid path (regex used for validation is '^[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+$')",
                showing: .string(String(parts[1])))
        }
    }

    mutating func networkPolicy(_ object: Object) {
        let spec = Field("spec", object["spec"])
        selector(spec["podSelector"])
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            for rule in spec[direction].items {
                for port in rule["ports"].items { policyPort(port) }
                for peer in rule[peers].items { policyPeer(peer) }
            }
        }
        if spec["policyTypes"].count > 2 {
            return invalid(spec["policyTypes"], "may not specify more than two policyTypes")
        }
        for type in spec["policyTypes"].items { choice(type, ["Ingress", "Egress"]) }
    }

    private mutating func policyPort(_ port: Field) {
        choice(port["protocol"], ["TCP", "UDP", "SCTP"])
        let end = port["endPort"]
        guard port["port"].isSet else {
            if end.isSet { invalid(end, "may not be specified when `port` is not specified") }
            return
        }
        if let number = port["port"].integer {
            self.port(port["port"])
            if let last = end.integer {
                if last < number { invalid(end, "must be greater than or equal to `port`", showing: .integer(number)) }
                range(end, 1...65535)
            }
        } else {
            if end.isSet { invalid(end, "may not be specified when `port` is non-numeric") }
            check(port["port"], NameRules.portName)
        }
    }

    private mutating func policyPeer(_ peer: Field) {
        let present = ["podSelector", "namespaceSelector", "ipBlock"].filter { peer[$0].isSet }
        for key in present where key != "ipBlock" { selector(peer[key]) }
        if peer["ipBlock"].isSet { block(peer["ipBlock"]) }
        if present.isEmpty {
            required(peer, "must specify a peer")
        } else if present.count > 1, peer["ipBlock"].isSet {
            forbidden(peer, "may not specify both ipBlock and another peer")
        }
    }

    private mutating func block(_ block: Field) {
        guard !block["cidr"].string.isEmpty else { return required(block["cidr"]) }
        network(block["cidr"])
        guard let whole = Addresses.Network(block["cidr"].string) else { return }
        for exception in block["except"].items {
            network(exception)
            guard let part = Addresses.Network(exception.string) else { continue }
            if !whole.contains(part.bytes) || whole.length >= part.length {
                invalid(exception, "must be a strict subset of `cidr`")
            }
        }
    }
}
