// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Makes the ConfigMap or Secret that a generator describes.
enum GeneratedResource {
    static func configMap(_ rule: GeneratorRule, _ entries: [KeyValueSources.Entry], file: String) -> Resource {
        var object: Object = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": .object(metadata(rule))]
        for entry in entries {
            if let text = String(validating: entry.bytes, as: UTF8.self) {
                object.set(.string(text), at: "data", entry.key)
            } else {
                object.set(.string(Base64.encodeInLines(entry.bytes)), at: "binaryData", entry.key)
            }
        }
        return finished(object, rule, file)
    }

    static func secret(_ rule: GeneratorRule, _ entries: [KeyValueSources.Entry], file: String) -> Resource {
        var object: Object = ["apiVersion": "v1", "kind": "Secret", "metadata": .object(metadata(rule))]
        object["type"] = .string(rule.type)
        object["data"] = .object(Object())
        for entry in entries { object.set(.string(Base64.encodeInLines(entry.bytes)), at: "data", entry.key) }
        return finished(object, rule, file)
    }

    /// The ServiceAccount of an `IAMPolicyGenerator`, bound to a service account of the cloud.
    static func account(_ fields: StrictMap, origin: Origin) -> Resource {
        let cloud: String = fields.required("cloud")
        if cloud != "gke" { fields.report("must be gke: no other cloud is supported", at: "cloud") }
        var metadata = Object()
        fields.requiredMap("kubernetesService") { service in
            metadata["name"] = .string(service.required("name"))
            if let namespace: String = service.optional("namespace"), !namespace.isEmpty {
                metadata["namespace"] = .string(namespace)
            }
        }
        fields.requiredMap("serviceAccount") { account in
            let name: String = account.required("name")
            let project: String = account.required("projectId")
            let address = "\(name)@\(project).iam.gserviceaccount.com"
            metadata["annotations"] = ["iam.gke.io/gcp-service-account": .string(address)]
        }
        let object: Object = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": .object(metadata)]
        return Resource(object: object, origin: origin)
    }

    private static func metadata(_ rule: GeneratorRule) -> Object {
        var metadata: Object = ["name": .string(rule.name)]
        if !rule.namespace.isEmpty { metadata["namespace"] = .string(rule.namespace) }
        if !rule.options.labels.isEmpty { metadata["labels"] = .object(strings(rule.options.labels)) }
        if !rule.options.annotations.isEmpty { metadata["annotations"] = .object(strings(rule.options.annotations)) }
        return metadata
    }

    private static func strings(_ pairs: [(String, String)]) -> Object {
        Object(pairs.map { ($0.0, Value.string($0.1)) })
    }

    private static func finished(_ object: Object, _ rule: GeneratorRule, _ file: String) -> Resource {
        var object = object
        if rule.options.isImmutable { object["immutable"] = true }
        var resource = Resource(object: object, origin: Origin(file: file, line: rule.position.line))
        resource.needsHash = !rule.options.disablesHash
        resource.isGenerated = true
        let plugin = Provenance.Plugin(kind: "\(object.kind)Generator")
        resource.provenance = Provenance(file: file, plugin: plugin)
        return resource
    }

    /// A generated resource that takes the place of an existing one (`behavior: replace`), or adds its entries to it
    /// (`behavior: merge`). Name, namespace and past are the old one's; labels and annotations of both, the new ones win.
    static func succeed(_ new: Resource, to old: Resource, merging: Bool) -> Resource {
        var result = new
        result.inheritPast(of: old)
        // What was no generated object keeps its name, and so does what is to have no hash from now on.
        if !merging { result.provenance = new.provenance }
        result.needsHash = new.needsHash && old.needsHash
        result.object.set(.string(old.object.name), at: "metadata", "name")
        let namespace = old.object.namespace
        result.object.set(namespace.isEmpty ? nil : .string(namespace), at: "metadata", "namespace")
        var merged = [["metadata", "labels"], ["metadata", "annotations"]]
        if merging { merged += [["data"], ["binaryData"]] }
        for path in merged {
            var fields = (old.object.value(at: path)?.object ?? Object()).withScalarTexts
            for pair in new.object.value(at: path)?.object?.pairs ?? [] { fields[pair.key] = pair.value }
            result.object.set(fields.isEmpty ? nil : .object(fields), at: path[...])
        }
        return result
    }
}
