// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the server takes, but advises against: the texts of `Warning` headers.
struct Warnings {
    private(set) var list: [String] = []

    static func onCreate(_ object: Object, _ type: ResourceType) -> [String] {
        var warnings = Warnings()
        if type.custom != nil { warnings.finalizers(object, old: nil) }
        warnings.name(object, type)
        warnings.content(object, type)
        return warnings.list
    }

    /// Source: generateWarningsFromObj of apiextensions-apiserver's pkg/registry/customresource/strategy.go.
    private mutating func finalizers(_ object: Object, old: Object?) {
        for name in Set(object.finalizers).subtracting(old?.finalizers ?? []).sorted()
        where !Causes.isStandard(finalizer: name) {
            list.append(
                "metadata.finalizers: \(JSON.text(.string(name))): prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers"
            )
        }
    }

    /// Templates are looked at again when the specification changes.
    static func onUpdate(_ object: Object, old: Object, _ type: ResourceType) -> [String] {
        var warnings = Warnings()
        if type.custom != nil {
            warnings.finalizers(object, old: old)
            return warnings.list
        }
        guard object.generation == nil || object.generation != old.generation else { return [] }
        warnings.content(object, type)
        return warnings.list
    }

    /// Of a whole API, whatever is asked of it.
    static func deprecation(_ type: ResourceType) -> String? {
        if let custom = type.custom { return custom.deprecation }
        return switch (type.group, type.kind) {
        case ("", "Endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
        case ("", "ComponentStatus"): "v1 ComponentStatus is deprecated in v1.19+"
        default: nil
        }
    }

    private mutating func name(_ object: Object, _ type: ResourceType) {
        let place: String
        switch (type.group, type.kind) {
        case ("apps", "Deployment"), ("apps", "ReplicaSet"), ("batch", "Job"), ("batch", "CronJob"),
            ("", "ReplicationController"):
            place = "Pod names and hostnames"
        case ("", "Pod"): place = "the Pod's hostname"
        default: return
        }
        let problems = NameRules.label(object.name)
        guard !problems.isEmpty else { return }
        list.append(
            "metadata.name: this is used in \(place), which can result in surprising behavior; a DNS label is recommended: [\(problems.joined(separator: " "))]"
        )
    }

    private mutating func content(_ object: Object, _ type: ResourceType) {
        switch (type.group, type.kind) {
        case ("", "Pod"):
            pod(Field("", .object(object)))
        case ("", "PodTemplate"): pod(Field("template", object["template"]))
        case ("apps", "ControllerRevision"): break
        case ("apps", _), ("batch", "Job"), ("", "ReplicationController"):
            pod(Field("spec.template", object.value(at: "spec", "template")))
        case ("batch", "CronJob"):
            pod(Field("spec.jobTemplate.spec.template", object.value(at: "spec", "jobTemplate", "spec", "template")))
        case ("", "Service"): service(object)
        case ("", "PersistentVolumeClaim"): claim(object)
        case ("", "PersistentVolume"):
            if object.value(at: "spec", "persistentVolumeReclaimPolicy") == "Recycle" {
                list.append(
                    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
                )
            }
        default: break
        }
    }

    private mutating func service(_ object: Object) {
        let spec = object["spec"] ?? [:]
        let isExternal = spec["type"] == "ExternalName"
        if isExternal, spec["externalIPs"]?.array?.isEmpty == false {
            list.append("spec.externalIPs is ignored when spec.type is \"ExternalName\"")
        }
        if !isExternal, spec["externalName"]?.string?.isEmpty == false {
            list.append("spec.externalName is ignored when spec.type is not \"ExternalName\"")
        }
        if spec["clusterIP"] == "None", spec["sessionAffinity"] == "ClientIP" {
            list.append("spec.SessionAffinity is ignored for headless services")
        }
    }

    private mutating func claim(_ object: Object) {
        let annotation = "volume.beta.kubernetes.io/storage-class"
        if object.annotations[annotation] != nil {
            list.append(
                "metadata.annotations[\(annotation)]: deprecated since v1.8; use \"storageClassName\" attribute instead"
            )
        }
        fraction(Field("spec.resources.requests", object.value(at: "spec", "resources", "requests")), "storage")
    }

    private mutating func pod(_ template: Field) {
        let spec = template["spec"]
        let annotations = template["metadata"]["annotations"]
        for (key, label) in [
            ("beta.kubernetes.io/arch", "kubernetes.io/arch"), ("beta.kubernetes.io/os", "kubernetes.io/os"),
            ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
            ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
            ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
        ] where spec["nodeSelector"][key].isSet {
            let since = key.hasSuffix("arch") || key.hasSuffix("os") ? "v1.14" : "v1.17"
            list.append("\(spec["nodeSelector"].entry(key).path): deprecated since \(since); use \"\(label)\" instead")
        }
        for constraint in spec["topologySpreadConstraints"].items where !constraint["labelSelector"].isSet {
            list.append("\(constraint["labelSelector"].path): a null labelSelector results in matching no pod")
        }
        for (key, why) in [
            (
                "scheduler.alpha.kubernetes.io/critical-pod",
                "non-functional in v1.16+; use the \"priorityClassName\" field instead"
            ),
            ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
            (
                "security.alpha.kubernetes.io/unsafe-sysctls",
                "non-functional in v1.11+; use the \"sysctls\" field instead"
            ),
        ] where annotations[key].isSet {
            list.append("\(annotations.entry(key).path): \(why)")
        }
        for volume in spec["volumes"].items where volume["gitRepo"].isSet {
            list.append("\(volume["gitRepo"].path): deprecated in v1.11")
        }
        repeated(spec["hostAliases"], "ip")
        repeated(spec["imagePullSecrets"], "name")
        for secret in spec["imagePullSecrets"].items where secret["name"].string.isEmpty {
            list.append("\(secret["name"].path): invalid empty name \"\"")
        }
        // Init containers come first, as they run.
        let containers = ["initContainers", "containers"].flatMap { spec[$0].items }
        for container in containers {
            for kind in ["limits", "requests"] {
                for resource in ["memory"] { fraction(container["resources"][kind], resource) }
            }
            for kind in ["limits", "requests"] { fraction(container["resources"][kind], "ephemeral-storage") }
            hiddenVariables(container["env"])
        }
        samePorts(containers)
        if let grace = spec["terminationGracePeriodSeconds"].integer, grace < 0 {
            list.append(
                "\(spec["terminationGracePeriodSeconds"].path): must be >= 0; negative values are invalid and will be treated as 1"
            )
        }
    }

    private mutating func repeated(_ items: Field, _ key: String) {
        var seen: Set<String> = []
        for item in items.items where !seen.insert(item[key].string).inserted {
            list.append("\(item[key].path): duplicate \(key) \(JSON.text(.string(item[key].string)))")
        }
    }

    private mutating func fraction(_ amounts: Field, _ resource: String) {
        guard let amount = amounts[resource].quantity, amount.canonical.hasSuffix("m") else { return }
        list.append(
            "\(amounts.entry(resource).path): fractional byte value \"\(amount.canonical)\" is invalid, must be an integer"
        )
    }

    /// A variable that is set again, other than by extending it.
    private mutating func hiddenVariables(_ variables: Field) {
        var seen: Set<String> = []
        for variable in variables.items {
            let name = variable["name"].string
            guard !seen.insert(name).inserted else { continue }
            let reference = "$(\(name))"
            let value = variable["value"].string
            guard variable["valueFrom"].isSet || value == reference || !value.contains(reference) else { continue }
            list.append(
                "\(variable.path): hides previous definition of \(JSON.text(.string(name))), which may be dropped when using apply"
            )
        }
    }

    private mutating func samePorts(_ containers: [Field]) {
        var seen: [String: [Field]] = [:]
        for port in containers.flatMap({ $0["ports"].items }) {
            let key = "\(port["containerPort"].integer ?? 0)/\(port["protocol"].string)"
            for other in seen[key] ?? [] {
                let host = port["hostPort"].integer ?? 0
                let otherHost = other["hostPort"].integer ?? 0
                let address = port["hostIP"].string
                let otherAddress = other["hostIP"].string
                if address == otherAddress, host == otherHost {
                    list.append("\(port.path): duplicate port definition with \(other.path)")
                } else if host == 0 || otherHost == 0 {
                    list.append("\(port.path): overlapping port definition with \(other.path)")
                } else if host == otherHost, address.isEmpty || otherAddress.isEmpty {
                    list.append("\(port.path): dangerously ambiguous port definition with \(other.path)")
                }
            }
            seen[key, default: []].append(port)
        }
    }
}
