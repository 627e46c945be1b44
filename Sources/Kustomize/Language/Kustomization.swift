// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a kustomization file says, checked but not yet carried out.
struct Kustomization: Sendable {
    enum Kind: String, StrictChoice {
        case kustomization = "Kustomization"
        case component = "Component"

        static let placeholder = Kind.kustomization

        var versions: [String] {
            switch self {
            case .kustomization: ["kustomize.config.k8s.io/v1beta1"]
            case .component: ["kustomize.config.k8s.io/v1alpha1"]
            }
        }
    }

    var file: String
    var kind = Kind.kustomization
    var resources: [Located<String>] = []
    var components: [Located<String>] = []
    /// Files with field specifications.
    var configurations: [Located<String>] = []
    /// Files with OpenAPI definitions whose extensions say where fields refer to objects.
    var crds: [Located<String>] = []
    var schema: SchemaRule?
    /// Built-in plugins: files, folders, or their configurations themselves.
    var generators: [Located<String>] = []
    var transformers: [Located<String>] = []
    var validators: [Located<String>] = []
    /// Empty: objects keep theirs.
    var namespace = ""
    var namePrefix = ""
    var nameSuffix = ""
    var labels: [LabelRule] = []
    var commonLabels: [(String, String)] = []
    var commonAnnotations: [(String, String)] = []
    var images: [ImageOverride] = []
    var replicas: [ReplicaRule] = []
    /// The lists of patches by the field they stand in: each list has its own place in the order of transformations.
    var strategicMergePatches: [PatchRule] = []
    var patches: [PatchRule] = []
    var jsonPatches: [PatchRule] = []
    var configMaps: [GeneratorRule] = []
    var secrets: [GeneratorRule] = []
    var order: OutputOrder?
    var replacements: [ReplacementRule] = []
    var variables: [Variable] = []
    var metadata = BuildMetadata()
    /// Deprecated fields in use.
    var warnings: [RenderWarning] = []

    var folder: String { TreePath.folder(of: file) }
}

/// An entry of `labels`.
struct LabelRule: Sendable {
    var pairs: [(String, String)]
    var reach: Reach
    /// Further fields that the kustomization names.
    var fields: [FieldSpec]

    /// Which of the configured fields get the labels.
    enum Reach {
        case objects, templates, selectors
    }
}

/// `openapi`.
struct SchemaRule: Sendable {
    /// Kustomize 5.8 brings this version of Kubernetes' types only.
    static let builtInVersion = "v1.21.2"

    /// A file with types of one's own.
    var path: Located<String>?
}

/// An entry of `replicas`.
struct ReplicaRule: Sendable {
    var name: String
    var count: Int64
    var position: YAMLNode.Position
    /// `replicas[0]`.
    var fieldPath: String
}

/// An entry of `patches`, `patchesStrategicMerge` or `patchesJson6902`.
struct PatchRule: Sendable {
    enum Source: Sendable {
        case inline(String)
        /// As written: relative to the kustomization's folder.
        case path(String)
    }

    /// The field it stands in decides what a patch may look like.
    enum Field: Sendable {
        case patches, strategicMerge, json6902
    }

    var field = Field.patches
    var source: Source
    var target: TargetSelector?
    var allowsNameChange = false
    var allowsKindChange = false
    var position: YAMLNode.Position
    /// `patches[0]`.
    var fieldPath = ""
}

/// An entry of `configMapGenerator` or `secretGenerator`.
struct GeneratorRule: Sendable {
    enum Behavior: String {
        case create, merge, replace
    }

    var name: String
    /// Empty: the kustomization's.
    var namespace = ""
    var behavior = Behavior.create
    /// A behavior that kustomize does not know, and takes for `create`.
    var unknownBehavior: Located<String>?
    var literals: [Located<String>] = []
    var files: [Located<String>] = []
    var environmentFiles: [Located<String>] = []
    /// A Secret's type.
    var type = "Opaque"
    var options = GeneratorOptions()
    var position: YAMLNode.Position
    /// `configMapGenerator[0]`.
    var fieldPath = ""
}

struct GeneratorOptions: Sendable {
    var labels: [(String, String)] = []
    var annotations: [(String, String)] = []
    var disablesHash = false
    var isImmutable = false

    /// These options with the kustomization's own: a generator's labels win, a switch that either sets is set.
    func merged(with general: GeneratorOptions) -> GeneratorOptions {
        func merged(_ own: [(String, String)], _ general: [(String, String)]) -> [(String, String)] {
            own + general.filter { pair in !own.contains { $0.0 == pair.0 } }
        }
        return GeneratorOptions(
            labels: merged(labels, general.labels), annotations: merged(annotations, general.annotations),
            disablesHash: disablesHash || general.disablesHash, isImmutable: isImmutable || general.isImmutable)
    }
}
