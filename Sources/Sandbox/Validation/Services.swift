// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Causes {
    mutating func service(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        if let old { serviceUpdate(spec, old: Field("spec", old["spec"])) }
        let ports = spec["ports"]
        let type = spec["type"].string
        let isHeadless = spec["clusterIPs"].items.first?.string == "None"
        if ports.count == 0, !isHeadless, type != "ExternalName" { required(Field(ports.path, nil)) }
        if isHeadless, type == "LoadBalancer" || type == "NodePort" {
            invalid(spec["clusterIPs"].item(0), "may not be set to 'None' for \(type) services")
        }
        if type == "ExternalName" { externalName(spec) }
        var names: Set<String> = []
        for port in ports.items { servicePort(port, needsName: ports.count > 1, &names) }
        labels(spec["selector"])
        sessionAffinity(spec)
        clusterAddresses(spec)
        for address in spec["externalIPs"].items { ordinaryAddress(address) }
        requiredChoice(spec["type"], ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
        portConflicts(ports, type: type)
        sourceRanges(spec, type: type)
        balancer(spec, type: type)
        trafficPolicies(spec, type: type)
        if isEmpty { nodePortRange(ports, old: old) }
    }

    private mutating func serviceUpdate(_ spec: Field, old: Field) {
        let needsAddress = spec["type"].string != "ExternalName" && old["type"].string != "ExternalName"
        guard needsAddress else { return }
        let before = old["clusterIPs"].items
        let after = spec["clusterIPs"].items
        for index in before.indices where index < after.count && before[index].string != after[index].string {
            invalid(after[index], "may not change once set", showing: spec["clusterIPs"].value)
        }
        if let first = before.first, after.isEmpty, !first.string.isEmpty {
            invalid(spec["clusterIPs"].item(0), "primary clusterIP can not be unset", showing: spec["clusterIPs"].value)
        }
        let families = old["ipFamilies"].items
        for (index, family) in spec["ipFamilies"].items.enumerated()
        where index < families.count && families[index].string != family.string {
            invalid(family, "may not change once set", showing: spec["ipFamilies"].value)
        }
        if old["type"].string == "LoadBalancer", spec["type"].string == "LoadBalancer" {
            if old["loadBalancerClass"].value != spec["loadBalancerClass"].value {
                invalid(
                    spec["loadBalancerClass"], "may not change once set",
                    showing: spec["loadBalancerClass"].pointed)
            }
        }
        let health = spec["healthCheckNodePort"]
        if Self.checksHealth(spec), Self.checksHealth(old), health.value != old["healthCheckNodePort"].value {
            forbidden(health, "field is immutable")
        }
    }

    private static func checksHealth(_ spec: Field) -> Bool {
        spec["type"].string == "LoadBalancer" && spec["externalTrafficPolicy"].string == "Local"
    }

    private mutating func externalName(_ spec: Field) {
        for key in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"]
        where spec[key].count > 0 || spec[key].value?.string != nil {
            forbidden(spec[key], "may not be set for ExternalName services")
        }
        let name = spec["externalName"].string
        let host = name.hasSuffix(".") ? String(name.dropLast()) : name
        if host.isEmpty {
            required(spec["externalName"])
        } else {
            for problem in NameRules.subdomain(host) { invalid(spec["externalName"], problem, showing: .string(host)) }
        }
    }

    private mutating func servicePort(_ port: Field, needsName: Bool, _ names: inout Set<String>) {
        let name = port["name"].string
        if name.isEmpty {
            if needsName { required(port["name"]) }
        } else {
            check(port["name"], NameRules.label)
            if !names.insert(name).inserted { duplicate(port["name"]) }
        }
        if !(1...65535).contains(port["port"].integer ?? 0) {
            invalid(port["port"], NameRules.portRange, showing: .integer(port["port"].integer ?? 0))
        }
        requiredChoice(port["protocol"], ["SCTP", "TCP", "UDP"])
        self.port(port["targetPort"])
        if port["appProtocol"].isSet { check(port["appProtocol"], NameRules.qualifiedName) }
    }

    private mutating func sessionAffinity(_ spec: Field) {
        requiredChoice(spec["sessionAffinity"], ["ClientIP", "None"])
        let config = spec["sessionAffinityConfig"]
        switch spec["sessionAffinity"].string {
        case "None":
            if config.isSet { forbidden(config, "must not be set when session affinity is None") }
        case "ClientIP":
            let timeout = config["clientIP"]["timeoutSeconds"]
            guard let seconds = timeout.integer else {
                return required(timeout, "when session affinity type is ClientIP")
            }
            if !(1...86400).contains(seconds) { invalid(timeout, "must be greater than 0 and less than 86400") }
        default: break
        }
    }

    private mutating func clusterAddresses(_ spec: Field) {
        guard spec["type"].string != "ExternalName" else { return }
        for family in spec["ipFamilies"].items where !["IPv4", "IPv6"].contains(family.string) {
            unsupported(family, ["IPv4", "IPv6"])
        }
        choice(spec["ipFamilyPolicy"], ["PreferDualStack", "RequireDualStack", "SingleStack"])
        let addresses = spec["clusterIPs"]
        if !spec["clusterIP"].string.isEmpty, let first = addresses.items.first,
            first.string != spec["clusterIP"].string
        {
            invalid(addresses, "first value must match `clusterIP`")
        }
        if addresses.count > 2 {
            invalid(addresses, "may only hold up to 2 values")
        }
        for address in addresses.items where address.string != "None" { self.address(address) }
    }

    private mutating func portConflicts(_ ports: Field, type: String) {
        if type == "ClusterIP" {
            for port in ports.items where port["nodePort"].integer ?? 0 != 0 {
                forbidden(port["nodePort"], "may not be used when `type` is 'ClusterIP'")
            }
        }
        var nodePorts: Set<String> = []
        for port in ports.items {
            guard let number = port["nodePort"].integer, number != 0 else { continue }
            if !nodePorts.insert("\(port["protocol"].string)/\(number)").inserted { duplicate(port["nodePort"]) }
        }
        var numbers: Set<String> = []
        for port in ports.items {
            let number = port["port"].integer ?? 0
            guard !numbers.insert("\(port["protocol"].string)/\(number)").inserted else { continue }
            let key: Value = ["protocol": .string(port["protocol"].string), "port": .integer(number)]
            duplicate(port, showing: GoStruct.dump(key, as: "ServicePort"))
        }
    }

    private mutating func sourceRanges(_ spec: Field, type: String) {
        let ranges = spec["loadBalancerSourceRanges"]
        guard ranges.count > 0 else { return }
        let shown = Field("spec.LoadBalancerSourceRanges", ranges.value)
        if type != "LoadBalancer" { forbidden(shown, "may only be used when `type` is 'LoadBalancer'") }
        for range in shown.items {
            let text = range.string.split(separator: " ").joined()
            network(Field(range.path, .string(text)))
        }
    }

    private mutating func trafficPolicies(_ spec: Field, type: String) {
        let external = spec["externalTrafficPolicy"]
        let isReachable =
            type == "NodePort" || type == "LoadBalancer" || (type == "ClusterIP" && spec["externalIPs"].count > 0)
        if isReachable {
            requiredChoice(external, ["Cluster", "Local"])
        } else if !external.string.isEmpty {
            invalid(external, "may only be set for externally-accessible services")
        }
        let health = spec["healthCheckNodePort"]
        if health.integer ?? 0 != 0, !(type == "LoadBalancer" && external.string == "Local") {
            invalid(
                health, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
        }
        choice(spec["internalTrafficPolicy"], ["Cluster", "Local"])
        choice(spec["trafficDistribution"], ["PreferClose", "PreferSameZone", "PreferSameNode"])
    }

    private mutating func balancer(_ spec: Field, type: String) {
        if type != "LoadBalancer", spec["allocateLoadBalancerNodePorts"].isSet {
            forbidden(spec["allocateLoadBalancerNodePorts"], "may only be used when `type` is 'LoadBalancer'")
        }
        guard spec["loadBalancerClass"].isSet else { return }
        if type != "LoadBalancer" {
            forbidden(spec["loadBalancerClass"], "may only be used when `type` is 'LoadBalancer'")
        } else {
            check(spec["loadBalancerClass"], NameRules.qualifiedName)
        }
    }

    /// Ports are allocated when all else is right.
    private mutating func nodePortRange(_ ports: Field, old: Object?) {
        let held = (old?.value(at: "spec", "ports")?.array ?? []).compactMap { $0["nodePort"]?.integer }
        for port in ports.items {
            guard let number = port["nodePort"].integer, number != 0, !(30000...32767).contains(number),
                !held.contains(number)
            else { continue }
            invalid(
                port["nodePort"],
                "provided port is not in the valid range. The range of valid ports is 30000-32767")
        }
    }

    mutating func endpoints(_ object: Object) {
        for subset in Field("subsets", object["subsets"]).items {
            if subset["addresses"].count + subset["notReadyAddresses"].count == 0 {
                required(subset, "must specify `addresses` or `notReadyAddresses`")
            }
            for address in subset["addresses"].items + subset["notReadyAddresses"].items {
                if !address["hostname"].string.isEmpty { check(address["hostname"], NameRules.label) }
                ordinaryAddress(address["ip"])
            }
            for port in subset["ports"].items {
                if port["name"].string.isEmpty {
                    if subset["ports"].count > 1 { required(port["name"]) }
                } else {
                    check(port["name"], NameRules.label)
                }
                if !(1...65535).contains(port["port"].integer ?? 0) {
                    invalid(port["port"], NameRules.portRange, showing: .integer(port["port"].integer ?? 0))
                }
                requiredChoice(port["protocol"], ["SCTP", "TCP", "UDP"])
            }
        }
    }

    mutating func endpointSlice(_ object: Object, old: Object?) {
        let type = Field("addressType", object["addressType"])
        requiredChoice(type, ["FQDN", "IPv4", "IPv6"])
        for endpoint in Field("endpoints", object["endpoints"]).items {
            let addresses = endpoint["addresses"]
            if addresses.count == 0 { required(Field(addresses.path, nil), "must contain at least 1 endpoint") }
            for address in addresses.items {
                switch type.string {
                case "FQDN": check(address, NameRules.subdomain)
                default: ordinaryAddress(address)
                }
            }
            if !endpoint["hostname"].string.isEmpty { check(endpoint["hostname"], NameRules.label) }
        }
        var names: Set<String> = []
        for port in Field("ports", object["ports"]).items {
            if !port["name"].string.isEmpty { check(port["name"], NameRules.label) }
            if !names.insert(port["name"].string).inserted { duplicate(port["name"]) }
            requiredChoice(port["protocol"], ["SCTP", "TCP", "UDP"])
            if port["appProtocol"].isSet { check(port["appProtocol"], NameRules.qualifiedName) }
        }
        if let old { immutable(type, old["addressType"]) }
    }
}
