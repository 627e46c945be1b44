// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Builds kustomizations: loads what they name, generates, transforms, and collects everything that is wrong on the way.
struct Builder {
    static let fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    var reader: TreeReader
    var problems: [RenderError] = []
    var warnings: [String] = []
    let limits: RenderLimits
    /// What the outermost kustomization says.
    private(set) var metadata = BuildMetadata()
    /// Kustomizations that are finished, by folder: a base that several overlays share is built once.
    private var built: [String: ResourceAccumulator] = [:]
    private var manifestsByFile: [String: [Manifest]] = [:]
    /// The folders being built, outermost first.
    private var open: [String] = []
    /// Objects loaded so far, each time they are loaded.
    private var objects = 0

    init(reader: TreeReader, limits: RenderLimits) {
        self.reader = reader
        self.limits = limits
    }

    /// The resources of the kustomization in a folder as `kubectl kustomize` would print them, references fixed.
    mutating func build(kustomization file: String) -> [Resource] {
        guard let kustomization = load(kustomization: file) else { return [] }
        if kustomization.kind == .component {
            problems.append(
                RenderError(
                    .invalidField, file: file, "is a Component, which is no kustomization of its own",
                    hint: "name it in the `components` of a kustomization and render that"))
            return []
        }
        metadata = kustomization.metadata
        let accumulated = accumulate(kustomization, onto: ResourceAccumulator())
        var resources = accumulated.resources
        for place in resources.indices where resources[place].needsHash { resources[place].addHash() }
        let fixed = ReferenceFixer.fix(resources)
        problems += fixed.problems
        resources = fixed.resources
        expand(accumulated.variables, in: &resources, fields: VariableFields.builtIn)
        resources.removeAll { Self.isLocal($0.object) }
        for place in resources.indices { metadata.finish(&resources[place], root: kustomization.folder) }
        return (kustomization.order ?? .byKind).sorted(resources)
    }

    /// The kustomization file of a folder; nil where the folder has none. More than one is a problem.
    mutating func kustomizationFile(in folder: String) throws(RenderError) -> String? {
        var found: [String] = []
        for name in Self.fileNames {
            let path = TreePath.join(folder, name)
            if try reader.kind(at: path) == .file { found.append(path) }
        }
        guard found.count > 1 else { return found.first }
        throw RenderError(
            .ambiguous, file: folder, "holds more than one kustomization file: \(found.joined(separator: ", "))",
            hint: "keep one of them")
    }

    /// The manifests of a file; problems are collected.
    mutating func manifests(of path: String, dialect: YAML.Dialect) throws(RenderError) -> [Manifest] {
        if let known = manifestsByFile[path] { return known }
        guard let bytes = try reader.contents(of: path) else { return [] }
        var manifests: [Manifest] = []
        do throws(ManifestErrors) {
            manifests = try ManifestReader.manifests(bytes, file: path, dialect: dialect)
        } catch {
            problems += error.problems.map { RenderError(.syntax, $0) }
        }
        manifestsByFile[path] = manifests
        return manifests
    }

    /// True within the limit on objects; the first one above it is a problem.
    mutating func admit(_ count: Int, from file: String) -> Bool {
        let before = objects
        objects += count
        guard objects > limits.objects else { return true }
        if before <= limits.objects {
            problems.append(RenderError(.limit, file: file, "more than \(limits.objects) objects in one render"))
        }
        return false
    }

    private mutating func load(kustomization file: String) -> Kustomization? {
        let bytes: [UInt8]?
        do throws(RenderError) {
            bytes = try reader.contents(of: file)
        } catch {
            problems.append(error)
            return nil
        }
        do throws(RenderErrors) {
            let kustomization = try bytes.map { bytes throws(RenderErrors) in
                try KustomizationDecoder.decode(bytes, file: file)
            }
            for warning in kustomization?.warnings ?? [] where !warnings.contains(warning) { warnings.append(warning) }
            return kustomization
        } catch {
            problems += error.errors
            return nil
        }
    }

    /// Objects for tools only, which kustomize leaves out of its output.
    private static func isLocal(_ object: Object) -> Bool {
        guard let value = object.annotations["config.kubernetes.io/local-config"]?.string else { return false }
        return value != "false"
    }
}

// MARK: - One kustomization

extension Builder {
    /// Carries out a kustomization; a component works on the resources of the kustomization that names it.
    private mutating func accumulate(
        _ kustomization: Kustomization, onto base: ResourceAccumulator
    ) -> ResourceAccumulator {
        open.append(kustomization.folder)
        defer { open.removeLast() }
        let problemsBefore = problems.count
        var resources = base
        for reference in kustomization.resources { add(reference, of: kustomization, to: &resources) }
        generate(kustomization, into: &resources)
        for reference in kustomization.components { apply(component: reference, of: kustomization, to: &resources) }
        let isComplete = problems.count == problemsBefore
        transform(&resources, by: kustomization, isComplete: isComplete)
        declare(kustomization.variables, in: &resources)
        return resources
    }

    private mutating func add(
        _ reference: Located<String>, of kustomization: Kustomization, to resources: inout ResourceAccumulator
    ) {
        do throws(RenderError) {
            let path = try TreeReader.path(
                reference.value, from: kustomization.folder, namedIn: kustomization.file, at: reference.position)
            switch try reader.kind(at: path) {
            case .file:
                let manifests = try manifests(of: path, dialect: .kustomize)
                guard admit(manifests.count, from: path) else { return }
                for manifest in manifests {
                    var resource = Resource(object: manifest.object, origin: manifest.origin)
                    resource.provenance = Provenance(file: path)
                    resource.needsHash = BuildMetadata.asksForHash(manifest.object)
                    add(resource, to: &resources)
                }
            case .folder:
                let nested = try accumulated(folder: path, namedBy: reference, of: kustomization)
                guard admit(nested.count, from: path) else { return }
                for resource in nested.resources { add(resource, to: &resources) }
                adopt(nested.variables, into: &resources)
            case nil:
                throw RenderError(
                    .notFound, file: kustomization.file, at: reference.position, "\(path) is not in the repository")
            }
        } catch {
            problems.append(error)
        }
    }

    private mutating func add(_ resource: Resource, to resources: inout ResourceAccumulator) {
        guard let other = resources.append(resource) else { return }
        problems.append(
            RenderError(
                .duplicate, at: resource.origin,
                "\(resource.object.objectID) is there already, from \(other.origin)",
                hint: "remove one of the two, or change it with a patch"))
    }

    private mutating func accumulated(
        folder: String, namedBy reference: Located<String>, of kustomization: Kustomization
    ) throws(RenderError) -> ResourceAccumulator {
        if let known = built[folder] { return known }
        guard let nested = try loaded(in: folder, namedBy: reference, of: kustomization) else { return .init() }
        guard nested.kind == .kustomization else {
            throw RenderError(
                .invalidField, file: kustomization.file, at: reference.position, "\(folder) is a Component",
                hint: "name it under `components`")
        }
        let resources = accumulate(nested, onto: ResourceAccumulator())
        built[folder] = resources
        return resources
    }

    private mutating func apply(
        component reference: Located<String>, of kustomization: Kustomization, to resources: inout ResourceAccumulator
    ) {
        do throws(RenderError) {
            let folder = try TreeReader.path(
                reference.value, from: kustomization.folder, namedIn: kustomization.file, at: reference.position)
            guard let component = try loaded(in: folder, namedBy: reference, of: kustomization) else { return }
            guard component.kind == .component else {
                throw RenderError(
                    .invalidField, file: kustomization.file, at: reference.position, "\(folder) is no Component",
                    hint: "name it under `resources`, or give it `kind: Component`")
            }
            resources = accumulate(component, onto: resources)
        } catch {
            problems.append(error)
        }
    }

    /// The kustomization of a folder that another one names; nil where its file has problems of its own.
    private mutating func loaded(
        in folder: String, namedBy reference: Located<String>, of kustomization: Kustomization
    ) throws(RenderError) -> Kustomization? {
        if let start = open.firstIndex(of: folder) {
            let cycle = (open[start...] + [folder]).map { $0.isEmpty ? "." : $0 }.joined(separator: " → ")
            throw RenderError(
                .cycle, file: kustomization.file, at: reference.position, "kustomizations include each other: \(cycle)",
                hint: "remove one of these references")
        }
        guard open.count < limits.depth else {
            throw RenderError(
                .limit, file: kustomization.file, at: reference.position,
                "kustomizations are nested deeper than \(limits.depth)")
        }
        guard let file = try kustomizationFile(in: folder) else {
            throw RenderError(
                .notFound, file: kustomization.file, at: reference.position,
                "\(folder) holds no kustomization.yaml",
                hint: "add one that lists the folder's files under `resources`, or name the files themselves")
        }
        return load(kustomization: file)
    }
}
