// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Addresses and ports that a Service names itself must be free.
///
/// Source: pkg/registry/core/service/storage/alloc.go, and the errors of ipallocator and portallocator.
extension APIServer {
    func checkAllocations(_ service: Object, _ request: WriteRequest) throws(StatusError) {
        guard request.type.group.isEmpty, request.type.kind == "Service", request.subresource.isEmpty else { return }
        let others = objects("", "Service").filter {
            $0.name != service.name || $0.namespace != request.namespace
        }
        var causes = Causes()
        let addresses = Field("spec.clusterIPs", service.value(at: "spec", "clusterIPs"))
        let taken = Set(others.flatMap { $0.value(at: "spec", "clusterIPs")?.array ?? [] }.compactMap(\.string))
        for address in addresses.items.map(\.string) where address != "None" {
            guard causes.isEmpty else { break }
            if let bytes = Addresses.bytes(address), bytes.count == 4, AddressPool.network?.contains(bytes) != true {
                causes.invalid(
                    addresses,
                    "failed to allocate IP \(address): the provided IP (\(address)) is not in the valid range. The range of valid IPs is \(AddressPool.range)"
                )
            } else if taken.contains(address) {
                causes.invalid(addresses, "failed to allocate IP \(address): provided IP is already allocated")
            }
        }
        for port in Field("spec.ports", service.value(at: "spec", "ports")).items where causes.isEmpty {
            guard let number = port["nodePort"].integer, number != 0 else { continue }
            let isTaken = others.contains { other in
                (other.value(at: "spec", "ports")?.array ?? []).contains {
                    $0["nodePort"] == .integer(number) && $0["protocol"] == port["protocol"].value
                }
            }
            if isTaken { causes.invalid(port["nodePort"], "provided port is already allocated") }
        }
        guard causes.isEmpty else {
            throw .invalid(group: "", kind: "Service", name: service.name, causes: causes.list)
        }
    }
}
