// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Cluster IPs (10.96.0.0/12, as kubeadm has it) and node ports (30000-32767), handed out in turn.
struct AddressPool: Sendable {
    static let range = "10.96.0.0/12"
    static var network: Addresses.Network? { Addresses.Network(range) }

    private var nextAddress: UInt32 = 1
    private var nextPort: Int64 = 30000

    /// What the server fills in for a Service.
    mutating func assign(to service: inout Object) {
        let type = service.value(at: "spec", "type")?.string ?? "ClusterIP"
        guard type != "ExternalName" else { return }
        if service.value(at: "spec", "clusterIP") == nil {
            let address = 0x0A60_0000 + nextAddress
            nextAddress += 1
            let text = (0..<4).map { String((address >> (24 - 8 * $0)) & 0xFF) }.joined(separator: ".")
            service.set(.string(text), at: "spec", "clusterIP")
        }
        if let address = service.value(at: "spec", "clusterIP"), service.value(at: "spec", "clusterIPs") == nil {
            service.set(.array([address]), at: "spec", "clusterIPs")
        }
        if service.value(at: "spec", "ipFamilies") == nil { service.set(["IPv4"], at: "spec", "ipFamilies") }
        if service.value(at: "spec", "ipFamilyPolicy") == nil {
            service.set("SingleStack", at: "spec", "ipFamilyPolicy")
        }
        guard type == "NodePort" || type == "LoadBalancer",
            service.value(at: "spec", "allocateLoadBalancerNodePorts")?.bool != false
        else { return }
        let ports = (service.value(at: "spec", "ports")?.array ?? []).map { port -> Value in
            guard var object = port.object, object["nodePort"] == nil else { return port }
            object["nodePort"] = .integer(nextPort)
            nextPort = nextPort == 32767 ? 30000 : nextPort + 1
            return .object(object)
        }
        service.set(.array(ports), at: "spec", "ports")
        guard type == "LoadBalancer", service.value(at: "spec", "externalTrafficPolicy") == "Local",
            service.value(at: "spec", "healthCheckNodePort") == nil
        else { return }
        service.set(.integer(nextPort), at: "spec", "healthCheckNodePort")
        nextPort = nextPort == 32767 ? 30000 : nextPort + 1
    }

    /// An update that leaves allocated fields out keeps them.
    static func keep(from live: Object, in service: inout Object) {
        guard service.value(at: "spec", "type")?.string != "ExternalName" else { return }
        if let address = service.value(at: "spec", "clusterIP"), address != live.value(at: "spec", "clusterIP"),
            service.value(at: "spec", "clusterIPs") == live.value(at: "spec", "clusterIPs")
        {
            service.set(.array([address]), at: "spec", "clusterIPs")
        }
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"]
        where service.value(at: "spec", key) == nil {
            service.set(live.value(at: "spec", key), at: "spec", key)
        }
        let old = live.value(at: "spec", "ports")?.array ?? []
        guard service.value(at: "spec", "type") == live.value(at: "spec", "type") else { return }
        let ports = (service.value(at: "spec", "ports")?.array ?? []).map { port -> Value in
            guard var object = port.object, object["nodePort"] == nil,
                let same = old.first(where: { $0["port"] == port["port"] && $0["protocol"] == port["protocol"] })
            else { return port }
            object["nodePort"] = same["nodePort"]
            return .object(object)
        }
        if service.value(at: "spec", "ports") != nil { service.set(.array(ports), at: "spec", "ports") }
    }

    /// A Service of another type gives up what only its old type had, unless the update changes that too.
    static func drop(unneededFrom live: Object, in service: inout Object) {
        func had(_ key: String) -> Bool {
            service.value(at: "spec", key) != nil && service.value(at: "spec", key) == live.value(at: "spec", key)
        }
        let old = live.value(at: "spec", "type")
        let new = service.value(at: "spec", "type")
        guard old != new else { return }
        func opensPorts(_ type: Value?) -> Bool { type == "NodePort" || type == "LoadBalancer" }
        var gone: [String] = []
        if new == "ExternalName" {
            gone += ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]
        }
        if opensPorts(old), !opensPorts(new) {
            gone.append("externalTrafficPolicy")
            let held = (live.value(at: "spec", "ports")?.array ?? []).compactMap { $0["nodePort"] }
            service.edit("spec") { spec in
                spec.editEach("ports") { port in
                    if let number = port["nodePort"], held.contains(number) { port["nodePort"] = nil }
                }
            }
        }
        if old == "LoadBalancer" {
            gone += ["healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass"]
        }
        for key in gone where had(key) { service.set(nil, at: "spec", key) }
    }
}
