// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Builds kustomizations: loads what they name, generates, transforms, and collects everything that is wrong on the way.
struct Builder {
    var reader: TreeReader
    var problems: [RenderError] = []
    var warnings: [RenderWarning] = []
    let limits: RenderLimits
    /// The types that replace the built-in ones in merges, once a kustomization has said so.
    var schema: OwnSchema?
    /// True once a kustomization has said which types there are: the first one counts, the outermost before all.
    var hasChosenSchema = false
    /// What the outermost kustomization says.
    private(set) var metadata = BuildMetadata()
    let cache: RenderCache
    /// The folders that this render has built, with or without problems: a base that several overlays share is built once.
    var built: [String: BuiltFolder] = [:]
    /// The folders being built, outermost first.
    private(set) var open: [String] = []
    /// What the render took so far.
    var cost = BuildCost()
    /// True once a limit is passed: it is told once.
    var isExhausted = false

    init(reader: TreeReader, limits: RenderLimits, cache: RenderCache) {
        self.reader = reader
        self.limits = limits
        self.cache = cache
    }

    /// The resources of the kustomization in a folder as `kubectl kustomize` would print them, references fixed.
    mutating func build(kustomization file: String) -> [Resource] {
        guard let kustomization = load(kustomization: file) else { return [] }
        metadata = kustomization.metadata
        let accumulated = accumulate(kustomization, onto: ResourceAccumulator())
        var resources = accumulated.resources
        for place in resources.indices where resources[place].needsHash { resources[place].addHash() }
        var ids = resources.map(\.id)
        problems += ReferenceFixer.fix(&resources, &ids, by: accumulated.configuration)
        if !accumulated.variables.isEmpty {
            expand(accumulated.variables, in: &resources, fields: accumulated.configuration.varReference.all)
            ids = resources.map(\.id)
        }
        refuseDuplicates(resources, ids)
        resources.removeAll { Self.isLocal($0.object) }
        for place in resources.indices {
            metadata.finish(&resources[place], root: kustomization.folder)
            resources[place].place = place
        }
        return (kustomization.order ?? .byKind).sorted(resources)
    }

    /// The kustomization file of a folder; nil where the folder has none. More than one is a problem.
    mutating func kustomizationFile(in folder: String) throws(RenderError) -> String? {
        var found: [String] = []
        for name in Renderer.kustomizationFileNames {
            let path = TreePath.join(folder, name)
            if try reader.fileID(at: path) != nil { found.append(path) }
        }
        guard found.count > 1 else { return found.first }
        throw RenderError(
            .ambiguous, file: folder, "holds more than one kustomization file: \(found.joined(separator: ", "))",
            hint: "keep one of them")
    }

    /// The manifests of a file; problems are collected.
    mutating func manifests(of path: String, dialect: YAML.Dialect) throws(RenderError) -> [Manifest] {
        guard let id = try reader.fileID(at: path) else { return [] }
        let file = RenderCache.File(path: path, id: id)
        if let known = cache.manifests(of: file, dialect) { return known }
        guard let bytes = try reader.contents(of: path) else { return [] }
        do throws(ManifestErrors) {
            let manifests = try ManifestReader.manifests(bytes, file: path, dialect: dialect, limits: limits.yaml)
            cache.remember(manifests, of: file, dialect, bytes: bytes.count)
            return manifests
        } catch {
            problems += error.problems.map { RenderError(.syntax, $0) }
            return []
        }
    }

    private mutating func load(kustomization path: String) -> Kustomization? {
        do throws(RenderError) {
            guard let id = try reader.fileID(at: path) else { return nil }
            let file = RenderCache.File(path: path, id: id)
            guard let kustomization = try kustomization(file) else { return nil }
            chooseSchema(kustomization)
            warn(kustomization.warnings)
            return kustomization
        } catch {
            problems.append(error)
            return nil
        }
    }

    private mutating func kustomization(_ file: RenderCache.File) throws(RenderError) -> Kustomization? {
        if let known = cache.kustomization(file) { return known }
        guard let bytes = try reader.contents(of: file.path) else { return nil }
        do throws(RenderErrors) {
            let kustomization = try KustomizationDecoder.decode(bytes, file: file.path, limits: limits.yaml)
            cache.remember(kustomization, of: file, bytes: bytes.count)
            return kustomization
        } catch {
            problems += error.errors
            return nil
        }
    }

    mutating func warn(_ more: [RenderWarning]) {
        for warning in more where !warnings.contains(warning) { warnings.append(warning) }
    }

    /// Operations of patches may have made two objects the same, which kustomize sees here.
    private mutating func refuseDuplicates(_ resources: [Resource], _ ids: [ResourceID]) {
        guard problems.isEmpty else { return }
        var places: [ResourceID: Int] = Dictionary(minimumCapacity: resources.count)
        for (place, resource) in resources.enumerated() {
            guard let other = places.updateValue(place, forKey: ids[place]) else { continue }
            problems.append(
                RenderError(
                    .duplicate, at: resource.origin,
                    "ends as \(resource.object.objectID), as does the one from \(resources[other].origin)",
                    hint: "patch only one of them"))
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
        guard admitKustomization(kustomization.file) else { return base }
        open.append(kustomization.folder)
        defer { open.removeLast() }
        let problemsBefore = problems.count
        var resources = base
        for reference in kustomization.resources { add(reference, of: kustomization, to: &resources) }
        configure(&resources, by: kustomization)
        generate(kustomization, into: &resources)
        for reference in kustomization.components { apply(component: reference, of: kustomization, to: &resources) }
        let isComplete = problems.count == problemsBefore
        transform(&resources, by: kustomization, isComplete: isComplete)
        runValidators(on: &resources, of: kustomization, isComplete: isComplete)
        declare(kustomization.variables, in: &resources)
        return resources
    }

    mutating func add(
        _ reference: Located<String>, of kustomization: Kustomization, to resources: inout ResourceAccumulator
    ) {
        do throws(RenderError) {
            let path = try TreeReader.path(
                reference.value, from: kustomization.folder, namedIn: kustomization.file, at: reference.position,
                field: reference.path)
            if let known = remembered(path, for: kustomization) {
                return include(known, from: path, reference, of: kustomization, to: &resources)
            }
            switch try reader.kind(at: path) {
            case .file:
                try TreeReader.refuseOutside(
                    path, of: kustomization.folder, namedIn: kustomization.file, at: reference.position,
                    field: reference.path)
                let problemsBefore = problems.count
                defer { addWay(through: reference, of: kustomization, toProblemsFrom: problemsBefore) }
                let manifests = try manifests(of: path, dialect: .kustomize)
                hintAtFolder(of: path, inProblemsFrom: problemsBefore)
                guard admit(manifests.count, from: path) else { return }
                for manifest in manifests {
                    var resource = Resource(object: manifest.object, origin: manifest.origin)
                    resource.provenance = Provenance(file: path)
                    resource.isTracked = metadata.isTracking
                    resource.needsHash = BuildMetadata.asksForHash(manifest.object)
                    add(resource, to: &resources)
                }
            case .folder:
                let nested = try accumulated(folder: path, namedBy: reference, of: kustomization)
                include(nested, from: path, reference, of: kustomization, to: &resources)
            case nil:
                throw RenderError(
                    .notFound, file: kustomization.file, at: reference, "\(path) is not in the repository")
            }
        } catch {
            problems.append(error.named(in: kustomization.file, at: reference.position))
        }
    }

    private mutating func include(
        _ nested: ResourceAccumulator, from folder: String, _ reference: Located<String>,
        of kustomization: Kustomization,
        to resources: inout ResourceAccumulator
    ) {
        guard admit(nested.count, from: folder) else { return }
        for resource in nested.resources { add(resource, to: &resources) }
        merge(nested.configuration, into: &resources.configuration, reference, kustomization)
        adopt(nested.variables, into: &resources)
    }

    mutating func add(_ resource: Resource, to resources: inout ResourceAccumulator) {
        guard let other = resources.append(resource) else { return }
        problems.append(
            RenderError(
                .duplicate, at: resource.origin,
                "\(resource.object.objectID) is there already, from \(other.origin)",
                hint: "remove one of the two, or change it with a patch"))
    }

    mutating func build(
        folder: String, namedBy reference: Located<String>, of kustomization: Kustomization
    ) throws(RenderError) -> ResourceAccumulator {
        let problemsBefore = problems.count
        defer { addWay(through: reference, of: kustomization, toProblemsFrom: problemsBefore) }
        guard let nested = try loaded(in: folder, namedBy: reference, of: kustomization) else { return .init() }
        guard nested.kind == .kustomization else {
            throw RenderError(
                .invalidField, file: kustomization.file, at: reference, "\(folder) is a Component",
                hint: "name it under `components`")
        }
        return accumulate(nested, onto: ResourceAccumulator())
    }

    private mutating func apply(
        component reference: Located<String>, of kustomization: Kustomization, to resources: inout ResourceAccumulator
    ) {
        do throws(RenderError) {
            let folder = try TreeReader.path(
                reference.value, from: kustomization.folder, namedIn: kustomization.file, at: reference.position,
                field: reference.path)
            let problemsBefore = problems.count
            defer { addWay(through: reference, of: kustomization, toProblemsFrom: problemsBefore) }
            guard let component = try loaded(in: folder, namedBy: reference, of: kustomization) else { return }
            guard component.kind == .component else {
                throw RenderError(
                    .invalidField, file: kustomization.file, at: reference, "\(folder) is no Component",
                    hint: "name it under `resources`, or give it `kind: Component`")
            }
            resources = accumulate(component, onto: resources)
            // Kustomize adds the whole to an empty one, where a field of one kind now hides the same of all kinds.
            var configuration = TransformerConfiguration()
            merge(resources.configuration, into: &configuration, reference, kustomization)
            resources.configuration = configuration
            refuseDuplicates(resources.resources, resources.resources.map(\.id))
        } catch {
            problems.append(error.named(in: kustomization.file, at: reference.position))
        }
    }

    /// Notes in problems that came up beneath a reference how they were reached.
    private mutating func addWay(
        through reference: Located<String>, of kustomization: Kustomization, toProblemsFrom first: Int
    ) {
        for index in problems.indices[first...] {
            problems[index].chain.insert("\(kustomization.file):\(reference.position.line)", at: 0)
        }
    }

    /// Says in problems of a kustomization's file, read as one of manifests, what was probably meant.
    private mutating func hintAtFolder(of path: String, inProblemsFrom first: Int) {
        guard Renderer.kustomizationFileNames.contains(TreePath.name(of: path)) else { return }
        for index in problems.indices[first...] where problems[index].hint == nil {
            problems[index].hint = "to build the kustomization, name its folder"
        }
    }

    /// Names the entry of a kustomization in problems that came up where it was carried out.
    mutating func nameField(_ path: String, inProblemsFrom first: Int, of kustomization: Kustomization) {
        for index in problems.indices[first...] where problems[index].field.isEmpty {
            if problems[index].file == kustomization.file { problems[index].field = path }
        }
    }

    /// The kustomization of a folder that another one names; nil where its file has problems of its own.
    private mutating func loaded(
        in folder: String, namedBy reference: Located<String>, of kustomization: Kustomization
    ) throws(RenderError) -> Kustomization? {
        if let start = open.firstIndex(of: folder) {
            let cycle = (open[start...] + [folder]).map { $0.isEmpty ? "." : $0 }.joined(separator: " → ")
            throw RenderError(
                .cycle, file: kustomization.file, at: reference, "kustomizations include each other: \(cycle)",
                hint: "remove one of these references")
        }
        // Kustomize takes a folder for a part of what lies above it.
        if let inner = open.last(where: { folder.isEmpty || $0.hasPrefix("\(folder)/") }) {
            throw RenderError(
                .cycle, file: kustomization.file, at: reference,
                "\(folder.isEmpty ? "the root" : folder) contains \(inner), which includes it",
                hint: "move the kustomization that both need to a folder beside them")
        }
        guard open.count < limits.depth else {
            throw RenderError(
                .limit, file: kustomization.file, at: reference,
                "kustomizations are nested deeper than \(limits.depth)")
        }
        guard let file = try kustomizationFile(in: folder) else {
            throw try missingKustomization(in: folder, namedBy: reference, of: kustomization)
        }
        return load(kustomization: file)
    }

    private mutating func missingKustomization(
        in folder: String, namedBy reference: Located<String>, of kustomization: Kustomization
    ) throws(RenderError) -> RenderError {
        let message: String
        var hint: String? = "add one that lists the folder's files under `resources`, or name the files themselves"
        switch try reader.kind(at: folder) {
        case nil: (message, hint) = ("\(folder) is not in the repository", nil)
        case .file:
            message = "\(folder) is a file"
            hint = "a component is a folder with a kustomization.yaml of `kind: Component`"
        case .folder:
            reader.noteFolder(folder)
            message = "\(folder) holds no kustomization.yaml"
        }
        return RenderError(.notFound, file: kustomization.file, at: reference, message, hint: hint)
    }
}
