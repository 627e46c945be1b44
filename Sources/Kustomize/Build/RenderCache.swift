// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization

/// What earlier renders of one repository read and built, so that a commit costs what it touched.
///
/// Files are known by path and content, built folders by the identities of everything that building them looked at: an
/// entry is right as long as looking again finds the same. It holds Secrets, so it is kept in memory only, packed, and no
/// more of it than the limits say: what was not used for longest goes first.
package final class RenderCache: Sendable {
    struct File: Hashable {
        var path: String
        /// The identity of its contents.
        var id: String
    }

    private struct ManifestsKey: Hashable {
        var file: File
        var dialect: YAML.Dialect
    }

    private struct State {
        var manifests: RecentlyUsed<ManifestsKey, PackedManifests>
        var kustomizations: RecentlyUsed<File, Kustomization>
        var folders: RecentlyUsed<String, [PackedFolder]>
    }

    /// A folder is kept in a few versions: environments may follow different branches.
    private static let versions = 4

    /// What is built in a moment is not kept beside the folder that it is part of: it is looked at only where that one
    /// has changed.
    private static let small = 50

    private let state: Mutex<State>

    /// - Parameters:
    ///   - fileBytes: the sizes of all files whose contents are kept, together.
    ///   - resources: the resources of all folders that are kept, together; most of them share their contents.
    package init(fileBytes: Int = 64 << 20, resources: Int = 200_000) {
        state = Mutex(
            State(
                manifests: RecentlyUsed(limit: fileBytes), kustomizations: RecentlyUsed(limit: fileBytes / 8),
                folders: RecentlyUsed(limit: resources)))
    }

    func manifests(of file: File, _ dialect: YAML.Dialect) -> [Manifest]? {
        state.withLock { $0.manifests[ManifestsKey(file: file, dialect: dialect)] }?.manifests
    }

    func remember(_ manifests: [Manifest], of file: File, _ dialect: YAML.Dialect, bytes: Int) {
        let packed = PackedManifests(manifests)
        state.withLock {
            $0.manifests.insert(packed, for: ManifestsKey(file: file, dialect: dialect), weight: bytes)
        }
    }

    func kustomization(_ file: File) -> Kustomization? { state.withLock { $0.kustomizations[file] } }

    func remember(_ kustomization: Kustomization, of file: File, bytes: Int) {
        state.withLock { $0.kustomizations.insert(kustomization, for: file, weight: bytes) }
    }

    /// The version of a built folder that is current. The question is asked outside of the lock, and of a folder without
    /// its objects.
    func folder(_ path: String, where isCurrent: (BuiltFolder) -> Bool) -> BuiltFolder? {
        state.withLock { $0.folders[path] }?.first { isCurrent($0.folder) }?.unpacked
    }

    func remember(_ folder: BuiltFolder, of path: String) {
        let packed = PackedFolder(folder)
        state.withLock { state in
            for nested in folder.kustomizations where nested != path {
                let isSmall = state.folders[nested]?.allSatisfy { $0.folder.resources.count <= Self.small } ?? false
                if isSmall { state.folders.remove(nested) }
            }
            let versions = [packed] + (state.folders[path] ?? []).prefix(Self.versions - 1)
            state.folders.insert(
                versions, for: path, weight: versions.reduce(versions.count) { $0 + $1.folder.resources.count })
        }
    }
}

/// The resources of a folder's kustomization before references are fixed, and what they were made of.
struct BuiltFolder: Sendable {
    var resources: ResourceAccumulator
    var reads: [TreeRead]
    /// Stands for all of `reads`; nil where nothing does.
    var cover: TreeRead?
    var warnings: [RenderWarning]
    var cost: BuildCost
    /// The folders of the kustomizations and components that it consists of.
    let kustomizations: [String]
    /// Whether a kustomization outside of it had already said which types there are.
    var usesSchema: Bool

    init(
        resources: ResourceAccumulator, reads: [TreeRead], cover: TreeRead?, warnings: [RenderWarning], cost: BuildCost,
        usesSchema: Bool
    ) {
        self.resources = resources
        self.reads = reads
        self.cover = cover
        self.warnings = warnings
        self.cost = cost
        self.usesSchema = usesSchema
        kustomizations = reads.filter {
            $0.id != nil && Renderer.kustomizationFileNames.contains(TreePath.name(of: $0.path))
        }.map { TreePath.folder(of: $0.path) }
    }
}

/// A built folder at rest. The resources keep their past, their objects are packed: they are most of it.
private struct PackedFolder: Sendable {
    private(set) var folder: BuiltFolder
    private let objects: PackedValues

    init(_ folder: BuiltFolder) {
        self.folder = folder
        objects = PackedValues(self.folder.resources.takeObjects().map(Value.object))
    }

    var unpacked: BuiltFolder {
        var unpacked = folder
        unpacked.resources.putBack(objects.values.compactMap(\.object))
        return unpacked
    }
}

/// A dictionary that forgets what was not used for longest once the weights of its entries exceed a limit.
///
/// It has two halves: what is used moves to the young one; when that is full, the old one is dropped and the young one
/// becomes the old. No entry that was used since half the limit was filled is lost, and every operation is cheap.
struct RecentlyUsed<Key: Hashable & Sendable, Element: Sendable>: Sendable {
    private struct Entry {
        var element: Element
        var weight: Int
    }

    private let limit: Int
    private var young: [Key: Entry] = [:]
    private var old: [Key: Entry] = [:]
    private var youngWeight = 0

    init(limit: Int) { self.limit = limit }

    subscript(key: Key) -> Element? {
        mutating get {
            if let entry = young[key] { return entry.element }
            guard let entry = old.removeValue(forKey: key) else { return nil }
            insert(entry.element, for: key, weight: entry.weight)
            return entry.element
        }
    }

    mutating func remove(_ key: Key) {
        old[key] = nil
        if let entry = young.removeValue(forKey: key) { youngWeight -= entry.weight }
    }

    mutating func insert(_ element: Element, for key: Key, weight: Int) {
        old[key] = nil
        youngWeight += weight - (young[key]?.weight ?? 0)
        young[key] = Entry(element: element, weight: weight)
        guard youngWeight > limit / 2 else { return }
        old = young
        young = [:]
        youngWeight = 0
    }
}
