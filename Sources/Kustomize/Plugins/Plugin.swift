// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The plugins that are part of kustomize, by the kinds of their configurations in `apiVersion: builtin`.
enum PluginKind: String, CaseIterable {
    case annotations = "AnnotationsTransformer"
    case hash = "HashTransformer"
    case imageTag = "ImageTagTransformer"
    case label = "LabelTransformer"
    case namespace = "NamespaceTransformer"
    case patchJSON = "PatchJson6902Transformer"
    case patchStrategicMerge = "PatchStrategicMergeTransformer"
    case patch = "PatchTransformer"
    case prefix = "PrefixTransformer"
    case suffix = "SuffixTransformer"
    case prefixSuffix = "PrefixSuffixTransformer"
    case replacement = "ReplacementTransformer"
    case replicaCount = "ReplicaCountTransformer"
    case valueAdd = "ValueAddTransformer"
    case configMapGenerator = "ConfigMapGenerator"
    case secretGenerator = "SecretGenerator"
    case accountGenerator = "IAMPolicyGenerator"

    var isGenerator: Bool {
        switch self {
        case .configMapGenerator, .secretGenerator, .accountGenerator: true
        default: false
        }
    }

    var isAffix: Bool {
        switch self {
        case .prefix, .suffix, .prefixSuffix: true
        default: false
        }
    }

    /// - Throws: `RenderError` for a plugin that is not built in, with what to do instead.
    init(_ resource: Resource) throws(RenderError) {
        let object = resource.object
        guard object.apiVersion == "builtin" else {
            let isFunction = ["config.kubernetes.io/function", "config.k8s.io/function"].contains {
                object.annotations[$0] != nil
            }
            let version = object.apiVersion.isEmpty ? "" : " of \(object.apiVersion)"
            throw RenderError(
                .invalidField, at: resource.origin,
                "\(object.kind)\(version) is \(isFunction ? "a function in a container" : "a program"), and plugins that run something are refused",
                hint: "run it beforehand and keep its output in the repository, or use a patch")
        }
        guard let kind = PluginKind(rawValue: object.kind) else {
            let hint =
                switch object.kind {
                case "HelmChartInflationGenerator": "render the chart into the repository first"
                case "SortOrderTransformer", "LegacyOrderTransformer": "set `sortOptions` in the kustomization"
                default: "these are: \(Self.allCases.map(\.rawValue).joined(separator: ", "))"
                }
            throw RenderError(
                .invalidField, at: resource.origin, "\(object.kind) is no built-in plugin that can be used here",
                hint: hint)
        }
        self = kind
    }
}

/// A transformation that a plugin's configuration asks for.
enum PluginTransformation {
    case affixes([AffixTransformer])
    case namespace(NamespaceTransformer)
    case pairs(PairTransformer)
    case images(ImageTransformer)
    case replicas(ReplicaTransformer)
    case patches([PatchRule])
    case hashes
    case values(ValueAddTransformer)
    case replacements([ReplacementRule])
}

/// Resources that a plugin's configuration asks for.
enum PluginGeneration {
    case configMap(GeneratorRule)
    case secret(GeneratorRule)
    case resource(Resource)
}
