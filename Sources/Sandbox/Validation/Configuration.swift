// SPDX-License-Identifier: Apache-2.0

import Manifests

/// ConfigMaps and Secrets.
extension Causes {
    private static let sizeLimit = 1_048_576
    private static let frozen = "field is immutable when `immutable` is set"

    mutating func configMap(_ object: Object, old: Object?) {
        if let old { frozenData(object, old, ["data", "binaryData"]) }
        var size = 0
        for (key, entry) in Field("data", object["data"]).entries {
            for problem in NameRules.configKey(key) { invalid(entry, problem, showing: .string(key)) }
            if object.value(at: "binaryData", key) != nil {
                invalid(entry, "duplicate of key present in binaryData", showing: .string(key))
            }
            size += entry.string.utf8.count
        }
        for (key, entry) in Field("binaryData", object["binaryData"]).entries {
            for problem in NameRules.configKey(key) { invalid(entry, problem, showing: .string(key)) }
            size += Base64.decode(entry.string)?.count ?? 0
        }
        if size > Self.sizeLimit { tooLong(Field("[]", nil), limit: Self.sizeLimit) }
    }

    mutating func secret(_ object: Object, old: Object?) {
        let type = Field("type", object["type"])
        if let old {
            immutable(type, old["type"])
            frozenData(object, old, ["data"])
        }
        let data = Field("data", object["data"])
        var size = 0
        for (key, entry) in data.entries {
            for problem in NameRules.configKey(key) { invalid(entry, problem, showing: .string(key)) }
            size += Base64.decode(entry.string)?.count ?? 0
        }
        if size > Self.sizeLimit { tooLong(data, limit: Self.sizeLimit) }
        secretKeys(type.string, data, object)
    }

    private mutating func secretKeys(_ type: String, _ data: Field, _ object: Object) {
        func isMissing(_ key: String) -> Bool { data[key].value == nil }
        switch type {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            if (object.annotations[key]?.string ?? "").isEmpty {
                required(Field("metadata.annotations", nil).entry(key))
            }
        case "kubernetes.io/dockercfg": dockerConfig(data.entry(".dockercfg"))
        case "kubernetes.io/dockerconfigjson": dockerConfig(data.entry(".dockerconfigjson"))
        case "kubernetes.io/basic-auth":
            if isMissing("username"), isMissing("password") {
                required(data.entry("username"))
                required(data.entry("password"))
            }
        case "kubernetes.io/ssh-auth":
            if data["ssh-privatekey"].string.isEmpty { required(data.entry("ssh-privatekey")) }
        case "kubernetes.io/tls":
            for key in ["tls.crt", "tls.key"] where isMissing(key) { required(data.entry(key)) }
        default: break
        }
    }

    /// JSON; what else is in it stays out of the message.
    private mutating func dockerConfig(_ field: Field) {
        guard field.value != nil else { return required(field) }
        let bytes = Base64.decode(field.string) ?? []
        let problem: String
        do {
            let value = try JSON.parse(bytes)
            if value.object != nil || value.isNull { return }
            let kind = value.typeName == "list" ? "array" : value.typeName == "boolean" ? "bool" : value.typeName
            problem = "json: cannot unmarshal \(kind) into Go value of type map[string]interface {}"
        } catch {
            problem = GoJSON.problem(bytes) ?? "unexpected end of JSON input"
        }
        invalid(field, problem, showing: "<secret contents redacted>")
    }

    private mutating func frozenData(_ object: Object, _ old: Object, _ keys: [String]) {
        guard old["immutable"] == true else { return }
        if object["immutable"] != true { forbidden(Field("immutable", nil), Self.frozen) }
        for key in keys where object[key] != old[key] { forbidden(Field(key, nil), Self.frozen) }
    }
}
