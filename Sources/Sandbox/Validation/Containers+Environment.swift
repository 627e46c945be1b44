// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Environments, probes and handlers of containers.
extension Causes {
    mutating func environment(_ list: Field) {
        for variable in list.items {
            requiredText(variable["name"], NameRules.environmentName)
            let source = variable["valueFrom"]
            guard source.isSet else { continue }
            if source["fieldRef"].isSet { fieldReference(source["fieldRef"], Self.environmentPaths) }
            if source["resourceFieldRef"].isSet {
                resourceReference(source["resourceFieldRef"], needsContainer: false)
            }
            for key in ["configMapKeyRef", "secretKeyRef"] where source[key].isSet { keySelector(source[key]) }
            let count =
                ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"]
                .filter { source[$0].isSet }.count
            if count == 0 {
                invalid(
                    source,
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
                    showing: "")
            } else if !variable["value"].string.isEmpty {
                invalid(source, "may not be specified when `value` is not empty", showing: "")
            } else if count > 1 {
                invalid(source, "may not have more than one field specified at a time", showing: "")
            }
        }
    }

    private static let environmentPaths = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]
    static let volumePaths = [
        "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
    ]

    mutating func environmentSources(_ list: Field) {
        for source in list.items {
            if !source["prefix"].string.isEmpty { check(source["prefix"], NameRules.environmentName) }
            let present = ["configMapRef", "secretRef"].filter { source[$0].isSet }
            for key in present { requiredText(source[key]["name"], NameRules.subdomain) }
            if present.isEmpty {
                invalid(list, "must specify one of: `configMapRef` or `secretRef`", showing: "")
            } else if present.count > 1 {
                invalid(list, "may not have more than one field specified at a time", showing: "")
            }
        }
    }

    private mutating func keySelector(_ source: Field) {
        check(source["name"], NameRules.subdomain)
        requiredText(source["key"], NameRules.configKey)
    }

    mutating func fieldReference(_ reference: Field, _ supported: [String]) {
        guard !reference["apiVersion"].string.isEmpty else { return required(reference["apiVersion"]) }
        let path = reference["fieldPath"].string
        guard !path.isEmpty else { return required(reference["fieldPath"]) }
        if let bracket = path.firstIndex(of: "["), path.hasSuffix("']") {
            let base = path[..<bracket]
            let key = String(path[bracket...].dropFirst(2).dropLast(2))
            switch base {
            case "metadata.annotations":
                for problem in NameRules.qualifiedName(key.lowercased()) {
                    invalid(reference, problem, showing: .string(key.lowercased()))
                }
            case "metadata.labels":
                for problem in NameRules.qualifiedName(key) { invalid(reference, problem, showing: .string(key)) }
            default: invalid(reference, "does not support subscript", showing: .string(String(base)))
            }
            return
        }
        let known =
            Self.environmentPaths + Self.volumePaths + [
                "spec.restartPolicy", "spec.schedulerName", "status.phase", "status.nominatedNodeName",
            ]
        guard known.contains(path) else {
            return invalid(
                reference["fieldPath"], "error converting fieldPath: field label not supported: \(path)")
        }
        if !supported.contains(path) { unsupported(reference["fieldPath"], supported) }
    }

    mutating func resourceReference(_ reference: Field, needsContainer: Bool) {
        if needsContainer, reference["containerName"].string.isEmpty {
            return required(reference["containerName"])
        }
        let resource = reference["resource"].string
        guard !resource.isEmpty else { return required(reference["resource"]) }
        let supported = [
            "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
            "requests.memory",
        ]
        if !supported.contains(resource), !resource.hasPrefix("requests.hugepages-"),
            !resource.hasPrefix("limits.hugepages-")
        {
            unsupported(reference["resource"], supported)
        }
        guard let divisor = reference["divisor"].quantity, divisor != Quantity("0") else { return }
        let sizes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]
        let isCPU = resource.hasSuffix(".cpu")
        guard !(isCPU ? ["1m", "1"] : sizes).contains(divisor.canonical) else { return }
        let kind = resource.hasSuffix("storage") ? "local ephemeral storage" : "memory"
        invalid(
            reference["divisor"],
            isCPU
                ? "only divisor's values 1m and 1 are supported with the cpu resource"
                : "only divisor's values \(sizes.joined(separator: ", ")) are supported with the \(kind) resource",
            showing: .string(resource))
    }

    mutating func probe(_ probe: Field, gracePeriod: Int64?) {
        handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], gracePeriod: gracePeriod)
        for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
            nonnegative(probe[key])
        }
        if let grace = probe["terminationGracePeriodSeconds"].integer, grace <= 0 {
            invalid(probe["terminationGracePeriodSeconds"], "must be greater than 0")
        }
    }

    /// One of the given kinds of handlers.
    mutating func handler(_ handler: Field, _ kinds: [String], gracePeriod: Int64?) {
        let present = kinds.filter { handler[$0].isSet }
        for (index, kind) in present.enumerated() {
            if index > 0 {
                forbidden(handler[kind], "may not specify more than 1 handler type")
            } else {
                action(handler[kind], kind, gracePeriod: gracePeriod)
            }
        }
        if present.isEmpty { required(handler, "must specify a handler type") }
    }

    private mutating func action(_ action: Field, _ kind: String, gracePeriod: Int64?) {
        switch kind {
        case "exec": if action["command"].count == 0 { required(action["command"]) }
        case "httpGet":
            if action["path"].string.isEmpty { required(action["path"]) }
            port(action["port"])
            choice(action["scheme"], ["HTTP", "HTTPS"])
            for header in action["httpHeaders"].items {
                for problem in NameRules.headerName(header["name"].string) {
                    invalid(action["httpHeaders"], problem, showing: .string(header["name"].string))
                }
            }
        case "sleep":
            guard let grace = gracePeriod, let seconds = action["seconds"].integer,
                !(0...max(0, grace)).contains(seconds)
            else { return }
            invalid(
                action, "must be non-negative and less than terminationGracePeriodSeconds (\(grace))",
                showing: .integer(seconds))
        default: port(action["port"])
        }
    }
}
