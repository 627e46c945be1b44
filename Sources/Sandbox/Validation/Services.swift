// SPDX-License-Identifier: Apache-2.0

import Manifests

enum Services {
    static func causes(_ object: Object, old: Object?) -> [StatusError.Cause] {
        var result: [StatusError.Cause] = []
        let spec = object["spec"] ?? [:]
        let ports = spec["ports"]?.array ?? []
        let type = spec["type"]?.string ?? ""
        if ports.isEmpty, type != "ExternalName", spec["clusterIP"] != "None" {
            result.append(Validation.required("spec.ports"))
        }
        let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
        if !types.contains(type) { result.append(Validation.unsupported("spec.type", .string(type), types)) }
        for (index, port) in ports.enumerated() {
            if ports.count > 1, (port["name"]?.string ?? "").isEmpty {
                result.append(Validation.required("spec.ports[\(index)].name"))
            }
            for key in ["port", "targetPort"] {
                guard let number = port[key]?.integer, !(1...65535).contains(number) else { continue }
                result.append(
                    Validation.invalid(
                        "spec.ports[\(index)].\(key)", .integer(number), "must be between 1 and 65535, inclusive"))
            }
        }
        if let old, let address = old.value(at: "spec", "clusterIP"), address != spec["clusterIP"],
            type != "ExternalName"
        {
            result.append(
                Validation.invalid("spec.clusterIPs[0]", spec["clusterIPs"], "may not change once set"))
        }
        return result
    }
}
