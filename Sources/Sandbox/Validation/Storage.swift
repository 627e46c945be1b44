// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Claims, volumes and storage classes.
extension Causes {
    private static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

    mutating func claim(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        claimSpec(spec)
        guard let old else { return }
        claimUpdate(spec, old, isBound: object.value(at: "status", "phase") == "Bound")
    }

    mutating func claimSpec(_ spec: Field) {
        let modes = spec["accessModes"]
        if modes.count == 0 { required(Field(modes.path, nil), "at least 1 access mode is required") }
        selector(spec["selector"])
        accessModes(modes)
        let storage = spec["resources"]["requests"]["storage"]
        let place = spec["resources"].entry("storage")
        if let size = storage.quantity {
            if let zero = Quantity("0"), size <= zero {
                invalid(place, "must be greater than zero", showing: .string(size.canonical))
            }
        } else {
            required(place)
        }
        if !spec["storageClassName"].string.isEmpty { check(spec["storageClassName"], NameRules.subdomain) }
        choice(spec["volumeMode"], ["Block", "Filesystem"])
        for key in ["dataSource", "dataSourceRef"] where spec[key].isSet { dataSource(spec[key]) }
        if !spec["volumeAttributesClassName"].string.isEmpty {
            check(spec["volumeAttributesClassName"], NameRules.subdomain)
        }
    }

    /// Source: validateDataSource and validateDataSourceRef of pkg/apis/core/validation.
    private mutating func dataSource(_ source: Field) {
        for key in ["name", "kind"] where source[key].string.isEmpty { required(source[key]) }
        if source["apiGroup"].string.isEmpty {
            if source["kind"].string != "PersistentVolumeClaim" {
                invalid(
                    source, "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
                    showing: .string(source["kind"].string))
            }
        } else {
            check(source["apiGroup"], NameRules.subdomain)
        }
        if !source["namespace"].string.isEmpty { check(source["namespace"], NameRules.label) }
    }

    private mutating func accessModes(_ modes: Field) {
        for mode in modes.items where !Self.accessModes.contains(mode.string) {
            unsupported(modes, Self.accessModes, showing: mode.value)
        }
        if modes.count > 1, modes.items.contains(where: { $0.string == "ReadWriteOncePod" }) {
            forbidden(modes, "may not use ReadWriteOncePod with other access modes")
        }
    }

    private mutating func claimUpdate(_ spec: Field, _ old: Object, isBound: Bool) {
        let requests = ["resources", "requests", "storage"]
        var comparable = spec.value?.object ?? Object()
        let before = old["spec"]?.object ?? Object()
        if isBound {
            comparable.set(before.value(at: requests), at: requests[...])
            comparable["volumeAttributesClassName"] = before["volumeAttributesClassName"]
        }
        // The binder names the volume.
        if before["volumeName"] == nil { comparable["volumeName"] = nil }
        // A class may be named later, where there was none (KEP-3333).
        let annotated = old.annotations["volume.beta.kubernetes.io/storage-class"]
        if before["storageClassName"] == nil, annotated == nil || annotated == comparable["storageClassName"] {
            comparable["storageClassName"] = nil
        }
        if comparable != before {
            forbidden(
                spec,
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
            )
        }
        if let size = spec.value?.object?.value(at: requests)?.quantity,
            let oldSize = before.value(at: requests)?.quantity, size < oldSize,
            let capacity = old.value(at: "status", "capacity", "storage")?.quantity ?? Quantity("0"), size <= capacity
        {
            forbidden(spec["resources"]["requests"]["storage"], "field can not be less than status.capacity")
        }
        // The server names this field without what it stands in.
        immutable(Field("volumeMode", spec["volumeMode"].value), before["volumeMode"])
    }

    mutating func volume(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        if spec["accessModes"].count == 0 { required(Field(spec["accessModes"].path, nil)) }
        accessModes(spec["accessModes"])
        let capacity = spec["capacity"]
        if capacity.count == 0 { required(Field(capacity.path, nil)) }
        if capacity["storage"].value == nil || capacity.count > 1 {
            unsupported(capacity, ["storage"], showing: capacity.value?.sortedByKey ?? .null)
        }
        for (name, amount) in capacity.entries {
            resourceAmount(amount, name)
            if let size = amount.quantity, let zero = Quantity("0"), size <= zero {
                invalid(amount, "must be greater than zero", showing: .string(size.canonical))
            }
        }
        choice(spec["persistentVolumeReclaimPolicy"], ["Delete", "Recycle", "Retain"])
        let affinity = spec["nodeAffinity"]
        if affinity.isSet {
            if affinity["required"].isSet {
                nodeSelector(affinity["required"])
            } else {
                required(affinity["required"], "must specify required node constraints")
            }
        }
        volumeSource(spec)
        if !spec["storageClassName"].string.isEmpty { check(spec["storageClassName"], NameRules.subdomain) }
        choice(spec["volumeMode"], ["Block", "Filesystem"])
        guard let old else { return }
        if Self.volumeSources.contains(where: { spec[$0].value != old.value(at: "spec", $0) }) {
            forbidden(
                Field("spec.persistentvolumesource", nil), "spec.persistentvolumesource is immutable after creation")
        }
        // The server names these fields without what they stand in.
        immutable(Field("volumeMode", spec["volumeMode"].value), old.value(at: "spec", "volumeMode"))
        let before = old.value(at: "spec", "nodeAffinity")
        if before != nil, before != spec["nodeAffinity"].value {
            invalid(
                Field("nodeAffinity", spec["nodeAffinity"].value),
                "field is immutable, except for updating from beta label to GA")
        }
    }

    private static let volumeSources = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte",
        "cephfs", "iscsi", "cinder", "fc", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
        "azureDisk", "scaleIO", "local", "storageos", "csi",
    ]

    private mutating func volumeSource(_ spec: Field) {
        let present = Self.volumeSources.filter { spec[$0].isSet }
        for (index, key) in present.enumerated() {
            guard index == 0 else {
                forbidden(spec[key], "may not specify more than 1 volume type")
                continue
            }
            switch key {
            case "hostPath": hostPath(spec[key])
            case "nfs": networkPath(spec[key])
            case "local":
                if spec[key]["path"].string.isEmpty {
                    required(spec[key]["path"])
                } else {
                    noBacksteps(spec[key]["path"])
                }
                if !spec["nodeAffinity"].isSet {
                    required(Field("metadata.annotations", nil), "Local volume requires node affinity")
                }
            case "csi":
                for name in ["driver", "volumeHandle"] where spec[key][name].string.isEmpty {
                    required(spec[key][name])
                }
            default: break
            }
        }
        if present.isEmpty { required(spec, "must specify a volume type") }
        if spec["hostPath"]["path"].string == "/", spec["persistentVolumeReclaimPolicy"].string == "Recycle" {
            forbidden(spec["persistentVolumeReclaimPolicy"], "may not be 'recycle' for a hostPath mount of '/'")
        }
    }

    mutating func storageClass(_ object: Object, old: Object?) {
        if let old {
            for key in ["parameters", "provisioner", "reclaimPolicy"] where object[key] != old[key] {
                forbidden(Field(key, nil), "updates to \(key) are forbidden.")
            }
            immutable(Field("volumeBindingMode", object["volumeBindingMode"]), old["volumeBindingMode"])
            return
        }
        let provisioner = Field("provisioner", object["provisioner"])
        if provisioner.string.isEmpty {
            required(provisioner)
        } else {
            check(provisioner) { NameRules.qualifiedName($0.lowercased()) }
        }
        for (key, parameter) in Field("parameters", object["parameters"]).entries where key.isEmpty {
            invalid(Field("parameters", nil), "field must not be empty.", showing: parameter.value)
        }
        choice(Field("reclaimPolicy", object["reclaimPolicy"]), ["Delete", "Retain"])
        requiredChoice(Field("volumeBindingMode", object["volumeBindingMode"]), ["Immediate", "WaitForFirstConsumer"])
    }
}
