// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// The files, folders and kustomizations of a repository that could be an application in an environment, each object in one
/// of them.
struct DeployableUnits {
    struct Unit {
        var path: String
        var manifests: [Manifest]
        /// Why it cannot be rendered.
        var problem: String?

        var place: EnvironmentPath? { EnvironmentPath(path) }

        var namespaces: [String] { Set(manifests.map(\.id.namespace)).filter { !$0.isEmpty }.sorted() }
    }

    private(set) var units: [Unit] = []
    /// Folders that look like tests or examples, with how many files of manifests are in them.
    private(set) var leftOut: [(folder: String, files: Int)] = []
    private let tree: any FileTree
    private let scan: RepositoryScan
    /// What a word like `test` stands for an environment in, since others are beside it.
    private let certain: Set<String>

    private static let asides: Set = [
        "test", "tests", "testdata", "test-data", "fixtures", "__tests__", "e2e", "example", "examples", "sample",
        "samples",
        "doc", "docs",
    ]

    init(scan: RepositoryScan, tree: any FileTree) {
        self.scan = scan
        self.tree = tree
        let paths = scan.files.map(\.path) + scan.kustomizations.map(\.folder)
        certain = Set(paths.compactMap { EnvironmentPath($0) }.filter(\.isCertain).map(\.template))
        var used: Set<String> = []
        let roots = roots()
        for root in roots.folders where aside(root) == nil {
            do throws(RenderErrors) {
                let rendered = try Renderer.build(root, from: tree)
                used.formUnion(rendered.reads.map(\.path))
                units.append(Unit(path: root, manifests: rendered.manifests))
            } catch {
                used.formUnion(error.reads.map(\.path))
                let first = error.errors.first.map(\.description) ?? "it cannot be built"
                units.append(Unit(path: root, manifests: [], problem: first))
            }
        }
        addPlain(without: used, lists: roots.lists)
        units.sort { $0.path < $1.path }
    }

    // MARK: Kustomizations

    /// Those that no other takes in. One that does nothing but list others is a list of applications, and no application:
    /// what it lists is judged alone.
    private func roots() -> (folders: [String], lists: Set<String>) {
        let known = Dictionary(scan.kustomizations.map { ($0.folder, $0) }) { first, _ in first }
        let referenced = Set(scan.kustomizations.flatMap(\.references))
        var waiting = scan.kustomizations.filter { !$0.isComponent && !referenced.contains($0.folder) }.map(\.folder)
        var seen: Set<String> = []
        var folders: [String] = []
        var lists: Set<String> = []
        while let folder = waiting.popLast() {
            guard seen.insert(folder).inserted, let kustomization = known[folder] else { continue }
            let listed = kustomization.references.filter { known[$0]?.isComponent == false }
            if kustomization.isPlain, listed.count > 1 {
                lists.insert(folder)
                waiting += listed
            } else {
                folders.append(folder)
            }
        }
        return (folders.sorted(), lists)
    }

    // MARK: Plain manifests

    private mutating func addPlain(without used: Set<String>, lists: Set<String>) {
        let kustomized = Set(scan.kustomizations.map(\.folder)).subtracting(lists)
        var folders: [String: [RepositoryScan.File]] = [:]
        var aside: [String: Int] = [:]
        for file in scan.files where !used.contains(file.path) && !file.manifests.isEmpty {
            let folder = Self.folder(of: file.path)
            guard !Self.isBelow(folder, any: kustomized) else { continue }
            if let left = self.aside(file.path) {
                aside[left, default: 0] += 1
            } else {
                folders[folder, default: []].append(file)
            }
        }
        leftOut = aside.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        // Folders of the same kind in several environments are split in the same way.
        let groups = Dictionary(grouping: folders.keys.sorted()) { EnvironmentPath($0)?.template ?? $0 }
        for (_, members) in groups.sorted(by: { $0.key < $1.key }) {
            let files = members.map { folder in (folder, folders[folder] ?? []) }
            let isSplit =
                files.contains { Self.isSplit($0.1) || !isRenderable($0.0) }
                && files.allSatisfy {
                    Self.isSplit($0.1) || $0.1.contains(where: Self.namesEnvironment) || !isRenderable($0.0)
                }
            for (folder, files) in files {
                if isSplit || files.contains(where: Self.namesEnvironment) {
                    units += files.map { Unit(path: $0.path, manifests: $0.manifests) }
                } else {
                    units.append(Unit(path: folder, manifests: files.flatMap(\.manifests)))
                }
            }
        }
    }

    /// Each file of the folder brings a workload of its own: each is an application.
    private static func isSplit(_ files: [RepositoryScan.File]) -> Bool {
        files.count > 1 && files.allSatisfy { file in file.manifests.contains { $0.object.podSpecification != nil } }
    }

    private static func namesEnvironment(_ file: RepositoryScan.File) -> Bool {
        let name = file.path.split(separator: "/").last.map(String.init) ?? ""
        return EnvironmentPath(name) != nil
    }

    /// A folder with other YAML in it is none of manifests.
    private func isRenderable(_ folder: String) -> Bool {
        (try? Renderer.build(folder, from: tree)) != nil
    }

    // MARK: Paths

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func isBelow(_ folder: String, any folders: Set<String>) -> Bool {
        var current = folder
        while true {
            if folders.contains(current) { return true }
            guard !current.isEmpty else { return false }
            current = Self.folder(of: current)
        }
    }

    /// The folder of tests or examples that a file or folder is in.
    private func aside(_ path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        let place = EnvironmentPath(path)
        for (number, part) in parts.enumerated() where Self.asides.contains(part) {
            // `overlays/test` is an environment.
            if let place, place.isCertain || certain.contains(place.template), place.environment == part { continue }
            return parts[...number].joined(separator: "/")
        }
        return nil
    }
}
