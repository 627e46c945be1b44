// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The volumes of pods.
extension Causes {
    private static let sources = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
        "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
        "azureFile", "configMap", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos",
        "projected", "scaleIO", "csi", "ephemeral", "image",
    ]

    /// The valid ones, by name: the key of their source. Only these can be mounted.
    mutating func volumes(_ list: Field, isPod: Bool) -> [String: String] {
        var usable: [String: String] = [:]
        for volume in list.items {
            var problems = Causes()
            let present = Self.sources.filter { volume[$0].isSet }
            for (index, key) in present.enumerated() {
                if index > 0 {
                    problems.forbidden(volume[key], "may not specify more than 1 volume type")
                } else {
                    problems.source(volume[key], key, isPod: isPod)
                }
            }
            if present.isEmpty { problems.required(volume, "must specify a volume type") }
            let name = volume["name"].string
            problems.requiredText(volume["name"], NameRules.label)
            if usable[name] != nil { problems.duplicate(volume["name"]) }
            if problems.isEmpty { usable[name] = present.first ?? "" } else { append(problems) }
        }
        return usable
    }

    private mutating func source(_ source: Field, _ kind: String, isPod: Bool) {
        switch kind {
        case "emptyDir":
            if let limit = source["sizeLimit"].quantity, let zero = Quantity("0"), limit < zero {
                forbidden(source["sizeLimit"], "SizeLimit field must be a valid resource quantity")
            }
        case "hostPath": hostPath(source)
        case "gitRepo": if source["repository"].string.isEmpty { required(source["repository"]) }
        case "secret":
            if source["secretName"].string.isEmpty { required(source["secretName"]) }
            mode(source["defaultMode"])
            keysToPaths(source["items"])
        case "configMap":
            if source["name"].string.isEmpty { required(source["name"]) }
            mode(source["defaultMode"])
            keysToPaths(source["items"])
        case "nfs": networkPath(source)
        case "persistentVolumeClaim": if source["claimName"].string.isEmpty { required(source["claimName"]) }
        case "downwardAPI":
            mode(source["defaultMode"])
            for item in source["items"].items { downwardFile(item) }
        case "projected":
            mode(source["defaultMode"])
            for item in source["sources"].items { projection(item) }
        case "csi": if source["driver"].string.isEmpty { required(source["driver"]) }
        case "ephemeral":
            let template = source["volumeClaimTemplate"]
            guard template.isSet else { return required(template) }
            claimSpec(template["spec"])
        case "image":
            if isPod, source["reference"].string.isEmpty { required(source["reference"]) }
            choice(source["pullPolicy"], ["Always", "IfNotPresent", "Never"])
        default: break
        }
    }

    mutating func hostPath(_ source: Field) {
        let path = source["path"]
        guard !path.string.isEmpty else { return required(path) }
        noBacksteps(path)
        if !source["type"].string.isEmpty {
            choice(
                source["type"],
                ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"])
        }
    }

    mutating func networkPath(_ source: Field) {
        for key in ["server", "path"] where source[key].string.isEmpty { required(source[key]) }
        if !source["path"].string.hasPrefix("/") {
            invalid(source["path"], "must be an absolute path", showing: .string(source["path"].string))
        }
    }

    private mutating func projection(_ item: Field) {
        let kinds = [
            "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate",
        ]
        for (index, kind) in kinds.filter({ item[$0].isSet }).enumerated() {
            if index > 0 {
                forbidden(item, "may not specify more than 1 volume type per source")
                continue
            }
            let source = item[kind]
            switch kind {
            case "secret", "configMap":
                if source["name"].string.isEmpty { required(source["name"]) }
                keysToPaths(source["items"])
            case "downwardAPI": for file in source["items"].items { downwardFile(file) }
            case "serviceAccountToken":
                if let seconds = source["expirationSeconds"].integer {
                    if seconds < 600 {
                        invalid(source["expirationSeconds"], "may not specify a duration less than 10 minutes")
                    } else if seconds > 1 << 32 {
                        invalid(source["expirationSeconds"], "may not specify a duration larger than 2^32 seconds")
                    }
                }
                if source["path"].string.isEmpty { required(source["path"]) } else { localPath(source["path"]) }
            default: break
            }
        }
    }

    private mutating func keysToPaths(_ items: Field) {
        for item in items.items {
            if item["key"].string.isEmpty { required(item["key"]) }
            if item["path"].string.isEmpty { required(item["path"]) }
            localPath(item["path"])
            mode(item["mode"])
        }
    }

    private mutating func downwardFile(_ file: Field) {
        if file["path"].string.isEmpty { required(file["path"]) }
        localPath(file["path"])
        let hasResource = file["resourceFieldRef"].isSet
        if file["fieldRef"].isSet {
            fieldReference(file["fieldRef"], Self.volumePaths)
            if hasResource {
                invalid(file, "fieldRef and resourceFieldRef can not be specified simultaneously", showing: "resource")
            }
        } else if hasResource {
            resourceReference(file["resourceFieldRef"], needsContainer: true)
        } else {
            required(file, "one of fieldRef and resourceFieldRef is required")
        }
        mode(file["mode"])
    }

    private mutating func mode(_ field: Field) {
        guard let mode = field.integer, !(0...0o777).contains(mode) else { return }
        invalid(field, "must be a number between 0 and 0777 (octal), both inclusive")
    }

    /// Relative, and never upwards.
    ///
    /// - Parameter reserved: whether names that begin with `..` are kept for the kubelet.
    mutating func localPath(_ field: Field, reserved: Bool = true) {
        if field.string.hasPrefix("/") { invalid(field, "must be a relative path") }
        noBacksteps(field)
        if reserved, field.string.hasPrefix(".."), !field.string.hasPrefix("../"), field.string != ".." {
            invalid(field, "must not start with '..'")
        }
    }

    mutating func noBacksteps(_ field: Field) {
        if field.string.split(separator: "/").contains("..") { invalid(field, "must not contain '..'") }
    }
}
