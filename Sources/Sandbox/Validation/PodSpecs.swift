// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Pod specifications, on their own and in templates (`ValidatePodSpec`).
extension Causes {
    mutating func pod(_ object: Object) {
        let spec = Field("spec", object["spec"])
        podAnnotations(
            Field("metadata.annotations", object.value(at: "metadata", "annotations")), at: "metadata.annotations")
        podSpec(spec, isPod: true)
        if spec["serviceAccountName"].string.isEmpty {
            for volume in spec["volumes"].items {
                for source in volume["projected"]["sources"].items where source["serviceAccountToken"].isSet {
                    forbidden(source["serviceAccountToken"], "must not be specified when serviceAccountName is not set")
                }
            }
        }
        for list in ["containers", "initContainers"] {
            for container in spec[list].items {
                let image = container["image"].string
                if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
                    invalid(container["image"], "must not have leading or trailing whitespace")
                }
            }
        }
    }

    /// Labels and annotations are reported without `metadata` between.
    ///
    /// - Parameter claims: volumes that the pods will have beside those of the template.
    mutating func podTemplate(_ template: Field, claims: [String] = []) {
        labels(Field("\(template.path).labels", template["metadata"]["labels"].value))
        annotations(Field("\(template.path).annotations", template["metadata"]["annotations"].value))
        podAnnotations(template["metadata"]["annotations"], at: "\(template.path).annotations")
        podSpec(template["spec"], isPod: false, claims: claims)
        if template["spec"]["ephemeralContainers"].count > 0 {
            forbidden(template["spec"]["ephemeralContainers"], "ephemeral containers not allowed in pod template")
        }
    }

    /// Source: ValidatePodSpecificAnnotations.
    private mutating func podAnnotations(_ annotations: Field, at path: String) {
        let cost = "controller.kubernetes.io/pod-deletion-cost"
        guard let text = annotations[cost].value?.string, !text.isEmpty, Int32(text) == nil || text.hasPrefix("+")
        else { return }
        invalid(Field("\(path)[\(cost)]", .string(text)), "must be a 32bit integer")
    }

    private mutating func podSpec(_ spec: Field, isPod: Bool, claims: [String] = []) {
        var usable = volumes(spec["volumes"], isPod: isPod)
        for claim in claims { usable[claim] = "persistentVolumeClaim" }
        let context = ContainerContext(
            volumes: usable, gracePeriod: spec["terminationGracePeriodSeconds"].integer,
            restartPolicy: spec["restartPolicy"].string, sharesUsers: spec["hostUsers"].value != false)
        containers(spec["containers"], context)
        initContainers(spec["initContainers"], besides: spec["containers"], context)
        if spec["resources"].isSet { resources(spec["resources"], isPodLevel: true) }
        hostNetworkPorts(spec, isPod: isPod)
        requiredChoice(spec["restartPolicy"], ["Always", "OnFailure", "Never"])
        requiredChoice(spec["dnsPolicy"], ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
        labels(spec["nodeSelector"])
        podSecurity(spec)
        affinity(spec["affinity"])
        resolver(spec["dnsConfig"], policy: spec["dnsPolicy"].string)
        for gate in spec["readinessGates"].items { check(gate["conditionType"], NameRules.qualifiedName) }
        schedulingGates(spec["schedulingGates"])
        spreading(spec["topologySpreadConstraints"])
        hostUsers(spec)
        names(spec)
    }

    private mutating func names(_ spec: Field) {
        for (key, rule) in [
            ("serviceAccountName", NameRules.subdomain), ("nodeName", NameRules.subdomain),
        ] where !spec[key].string.isEmpty {
            check(spec[key], rule)
        }
        range(spec["activeDeadlineSeconds"], 1...2_147_483_647)
        for key in ["hostname", "subdomain"] where !spec[key].string.isEmpty { check(spec[key], NameRules.label) }
        tolerations(spec["tolerations"])
        for alias in spec["hostAliases"].items {
            address(alias["ip"])
            for name in alias["hostnames"].items { check(name, NameRules.subdomain) }
        }
        for key in ["priorityClassName", "runtimeClassName"] where spec[key].isSet && !spec[key].string.isEmpty {
            check(spec[key], NameRules.subdomain)
        }
        choice(spec["preemptionPolicy"], ["PreemptLowerPriority", "Never"])
        if spec["overhead"].isSet {
            resourceList(spec["overhead"], path: "\(spec["overhead"].path).limits", isPodLevel: false)
        }
        if spec["os"].isSet { requiredChoice(spec["os"]["name"], ["linux", "windows"]) }
    }

    /// Ports of pods on the host's network are the host's.
    private mutating func hostNetworkPorts(_ spec: Field, isPod: Bool) {
        guard spec["hostNetwork"].value == true else { return }
        for container in spec["containers"].items {
            for port in container["ports"].items {
                let host = port["hostPort"].integer ?? 0
                guard isPod || host != 0, host != port["containerPort"].integer ?? 0 else { continue }
                invalid(
                    port["hostPort"], "must match `containerPort` when `hostNetwork` is true", showing: .integer(host))
            }
        }
    }

    private mutating func hostUsers(_ spec: Field) {
        guard spec["hostUsers"].value == false else { return }
        for (key, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
        where spec[key].value == true {
            forbidden(spec[name], "when `hostUsers` is false")
        }
        for list in ["initContainers", "containers"] {
            for container in spec[list].items where container["volumeDevices"].count > 0 {
                forbidden(container["volumeDevices"], "when `hostUsers` is false")
            }
        }
    }

    private mutating func podSecurity(_ spec: Field) {
        let context = spec["securityContext"]
        for key in ["fsGroup", "runAsUser", "runAsGroup"] { userID(context[key]) }
        for group in context["supplementalGroups"].items { userID(group) }
        if spec["shareProcessNamespace"].value == true, spec["hostPID"].value == true {
            invalid(
                spec["shareProcessNamespace"], "ShareProcessNamespace and HostPID cannot both be enabled")
        }
        var names: Set<String> = []
        for sysctl in context["sysctls"].items {
            let name = sysctl["name"].string
            if name.isEmpty {
                required(sysctl["name"])
            } else if name.utf8.count > 253 || name.wholeMatch(of: Self.sysctlName) == nil {
                invalid(
                    sysctl["name"],
                    "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
                )
            } else if !names.insert(name).inserted {
                duplicate(sysctl["name"])
            }
        }
        choice(context["fsGroupChangePolicy"], ["Always", "OnRootMismatch"])
        seccomp(context["seccompProfile"])
        appArmor(context["appArmorProfile"])
        choice(context["supplementalGroupsPolicy"], ["Merge", "Strict"])
    }

    private static var sysctlName: Regex<(Substring, Substring?, Substring?, Substring?)> {
        /([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\.\/])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?/
    }

    mutating func userID(_ field: Field) { range(field, 0...2_147_483_647) }

    mutating func seccomp(_ profile: Field) {
        guard profile.isSet else { return }
        let file = profile["localhostProfile"]
        switch profile["type"].string {
        case "Localhost":
            if !file.isSet {
                required(file, "must be set when seccomp type is Localhost")
            } else {
                localPath(file)
            }
        case "RuntimeDefault", "Unconfined":
            if file.isSet { invalid(file, "can only be set when seccomp type is Localhost") }
        case "": required(profile["type"], "type is required when seccompProfile is set")
        default: unsupported(profile["type"], ["Localhost", "RuntimeDefault", "Unconfined"])
        }
    }

    /// Source: ValidateAppArmorProfileField.
    mutating func appArmor(_ profile: Field) {
        guard profile.isSet else { return }
        let name = profile["localhostProfile"]
        switch profile["type"].string {
        case "Localhost":
            let trimmed = name.string.drop(while: \.isWhitespace)
            if trimmed.count != name.string.count || name.string.last?.isWhitespace == true {
                invalid(name, "must not be padded with whitespace")
            } else if trimmed.isEmpty {
                required(name, "must be set when AppArmor type is Localhost")
            }
        case "RuntimeDefault", "Unconfined":
            if name.isSet { invalid(name, "can only be set when AppArmor type is Localhost") }
        case "": required(profile["type"], "type is required when appArmorProfile is set")
        default: unsupported(profile["type"], ["Localhost", "RuntimeDefault", "Unconfined"])
        }
    }

    private mutating func resolver(_ config: Field, policy: String) {
        if policy == "None" {
            guard config.isSet else {
                return required(config, "must provide `dnsConfig` when `dnsPolicy` is None")
            }
            guard config["nameservers"].count > 0 else {
                return required(
                    config["nameservers"], "must provide at least one DNS nameserver when `dnsPolicy` is None")
            }
        }
        if config["nameservers"].count > 3 { invalid(config["nameservers"], "must not have more than 3 nameservers") }
        for server in config["nameservers"].items { address(server) }
        if config["searches"].count > 32 { invalid(config["searches"], "must not have more than 32 search paths") }
        for search in config["searches"].items where search.string != "." {
            let name = search.string.hasSuffix(".") ? String(search.string.dropLast()) : search.string
            let plain = name.replacing("_", with: "a")
            for problem in NameRules.subdomain(plain) { invalid(search, problem, showing: .string(name)) }
        }
        for option in config["options"].items where option["name"].string.isEmpty {
            required(option, "must not be empty")
        }
    }

    private mutating func schedulingGates(_ gates: Field) {
        var seen: Set<String> = []
        for gate in gates.items {
            let name = gate["name"].string
            for problem in NameRules.qualifiedName(name) { invalid(gate, problem, showing: .string(name)) }
            if !seen.insert(name).inserted { duplicate(gate, showing: .string(name)) }
        }
    }
}
