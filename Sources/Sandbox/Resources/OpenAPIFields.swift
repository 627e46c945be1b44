// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Schemas of the fields of built-in types.
enum OpenAPIFields {
    static func schema(_ field: ObjectType.Field, of type: ObjectType) -> Value {
        var schema = Object()
        let defaultValue = defaultValue(field, of: type)
        if let reference = reference(field.shape, field, of: type) {
            if let defaultValue { schema["default"] = defaultValue }
            schema["allOf"] = [OpenAPINames.reference(reference)]
        } else {
            schema = self.schema(field.shape, field, of: type)
            if let defaultValue { schema["default"] = defaultValue }
        }
        switch field.listType {
        case .atomic: schema["x-kubernetes-list-type"] = "atomic"
        case .set: schema["x-kubernetes-list-type"] = "set"
        case .map(let keys):
            schema["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
            schema["x-kubernetes-list-type"] = "map"
        case nil: break
        }
        if field.isAtomicMap {
            schema[field.shape == .bytes ? "x-kubernetes-list-type" : "x-kubernetes-map-type"] = "atomic"
        }
        if let key = field.patchMergeKey { schema["x-kubernetes-patch-merge-key"] = .string(key) }
        var strategies: [String] = []
        if field.patchStrategy.contains(.merge) { strategies.append("merge") }
        if field.patchStrategy.contains(.retainKeys) { strategies.append("retainKeys") }
        if field.patchStrategy.contains(.replace) { strategies.append("replace") }
        if !strategies.isEmpty {
            schema["x-kubernetes-patch-strategy"] = .string(strategies.joined(separator: ","))
        }
        return .object(schema)
    }

    private static func schema(
        _ shape: ObjectType.Shape, _ field: ObjectType.Field, of type: ObjectType
    ) -> Object {
        if let reference = reference(shape, field, of: type) {
            return OpenAPINames.reference(reference).object ?? Object()
        }
        return switch shape {
        case .bytes: ["type": "string", "format": "byte"]
        case .boolean: ["type": "boolean"]
        case .int32: ["type": "integer", "format": "int32"]
        case .int64: ["type": "integer", "format": "int64"]
        case .double: ["type": "number", "format": "double"]
        case .list(let item): ["type": "array", "items": .object(schema(item, field, of: type))]
        case .map(let value): ["type": "object", "additionalProperties": .object(schema(value, field, of: type))]
        default: ["type": "string"]
        }
    }

    /// The schema's name, for what has one.
    private static func reference(
        _ shape: ObjectType.Shape, _ field: ObjectType.Field, of type: ObjectType
    ) -> String? {
        switch shape {
        case .type(let name): OpenAPINames.full(name)
        case .quantity: OpenAPINames.quantity
        case .time: OpenAPINames.time
        case .microTime: OpenAPINames.microTime
        case .intOrString: OpenAPINames.intOrString
        case .freeObject:
            switch (type.name, field.name) {
            case ("meta.v1.ManagedFieldsEntry", _): OpenAPINames.meta + "FieldsV1"
            case ("apiextensions.v1.CustomResourceSubresources", _):
                OpenAPINames.full("apiextensions.v1.CustomResourceSubresourceStatus")
            default: OpenAPINames.rawExtension
            }
        case .any:
            switch field.name {
            case "additionalItems", "additionalProperties": OpenAPINames.full("apiextensions.v1.JSONSchemaPropsOrBool")
            case "items": OpenAPINames.full("apiextensions.v1.JSONSchemaPropsOrArray")
            case "dependencies": OpenAPINames.full("apiextensions.v1.JSONSchemaPropsOrStringArray")
            default: OpenAPINames.full("apiextensions.v1.JSON")
            }
        default: nil
        }
    }

    /// What the types state in a marker, where it is another value than the zero of a field that is always written.
    private static let stated: [String: Value] = [
        "core.v1.ContainerPort.protocol": "TCP", "core.v1.ServicePort.protocol": "TCP",
        "core.v1.AzureDiskVolumeSource.cachingMode": "ReadWrite", "core.v1.AzureDiskVolumeSource.fsType": "ext4",
        "core.v1.AzureDiskVolumeSource.kind": "Shared", "core.v1.AzureDiskVolumeSource.readOnly": false,
        "core.v1.FileKeySelector.optional": false, "core.v1.GRPCAction.service": "",
        "core.v1.ISCSIPersistentVolumeSource.iscsiInterface": "default",
        "core.v1.ISCSIVolumeSource.iscsiInterface": "default",
        "core.v1.RBDPersistentVolumeSource.keyring": "/etc/ceph/keyring",
        "core.v1.RBDPersistentVolumeSource.pool": "rbd", "core.v1.RBDPersistentVolumeSource.user": "admin",
        "core.v1.RBDVolumeSource.keyring": "/etc/ceph/keyring", "core.v1.RBDVolumeSource.pool": "rbd",
        "core.v1.RBDVolumeSource.user": "admin", "core.v1.ScaleIOPersistentVolumeSource.fsType": "xfs",
        "core.v1.ScaleIOPersistentVolumeSource.storageMode": "ThinProvisioned",
        "core.v1.ScaleIOVolumeSource.fsType": "xfs", "core.v1.ScaleIOVolumeSource.storageMode": "ThinProvisioned",
        "core.v1.ConfigMapEnvSource.name": "", "core.v1.ConfigMapKeySelector.name": "",
        "core.v1.ConfigMapProjection.name": "", "core.v1.ConfigMapVolumeSource.name": "",
        "core.v1.LocalObjectReference.name": "", "core.v1.SecretEnvSource.name": "",
        "core.v1.SecretKeySelector.name": "", "core.v1.SecretProjection.name": "",
    ]

    private static func defaultValue(_ field: ObjectType.Field, of type: ObjectType) -> Value? {
        if let value = stated["\(type.name).\(field.name)"] { return value }
        switch (field.shape, ProtobufFields.builtIn.presence(of: field.name, in: type.name)) {
        // A struct that is no pointer is always there.
        case (.type, .writesZero), (.type, .omitsZero): return [:]
        case (.string, .writesZero): return ""
        case (.boolean, .writesZero): return false
        case (.int32, .writesZero), (.int64, .writesZero), (.double, .writesZero): return 0
        // Without protobuf there is no telling pointers apart: the few such types have none that are required.
        case (.string, nil) where field.isRequired: return ""
        case (.boolean, nil) where field.isRequired: return false
        case (.int32, nil) where field.isRequired, (.int64, nil) where field.isRequired: return 0
        case (.type, nil) where field.name == "metadata" || field.name == "spec" || field.name == "status": return [:]
        default: return nil
        }
    }

    /// The fields of a type in the order of its Go declaration; none where that is not known.
    static func names(_ message: String) -> [String] {
        (ProtobufFields.builtIn[message] ?? []).flatMap { entry in
            switch entry.content {
            case .field(let name, _): [name]
            case .inlined(let message): names(message)
            }
        }
    }
}
