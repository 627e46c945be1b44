// SPDX-License-Identifier: Apache-2.0

internal import Planning

/// Finds the folder that an image is built from, by its name.
struct ImageFolders {
    private let scan: RepositoryScan
    private let manifestFolders: Set<String>
    /// What the repository is called, as `plain` has it.
    private let project: String
    /// What images of one path have in common at their beginnings, as `plain` has it, with the dash.
    private let commonBeginnings: Set<String>

    /// A folder of a service's name below one of these is its source, also where its Dockerfile is elsewhere.
    private static let parents: Set = ["apps", "services", "microservices", "packages", "components"]

    /// - Parameters:
    ///   - project: what the repository is called.
    ///   - images: all that its manifests name, with or without versions.
    init(scan: RepositoryScan, project: String, images: [String]) {
        self.scan = scan
        self.project = Self.plain(project)
        let paths = scan.files.map(\.path) + scan.kustomizations.map { "\($0.folder)/x" }
        manifestFolders = Set(paths.compactMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } })
        commonBeginnings = Self.commonBeginnings(images)
    }

    /// Nil where none, or more than one, could be it.
    func folder(of image: String) -> String? {
        let parts = image.split(separator: "/").map(String.init)
        let name = Self.plain(parts.last ?? image)
        let exact = named(name)
        guard exact.isEmpty else { return Self.only(exact, built: Set(scan.imageFolders)) }
        let built = Set(scan.imageFolders)
        let found = Set(shortened(name, path: parts.dropLast()).compactMap { Self.only(named($0), built: built) })
        return found.count == 1 ? found.first : nil
    }

    private func named(_ name: String) -> [String] {
        scan.folders.filter { folder in
            Self.plain(folder.split(separator: "/").last.map(String.init) ?? "") == name
                && !manifestFolders.contains(folder)
        }
    }

    private static func only(_ named: [String], built: Set<String>) -> String? {
        let candidates = named.filter { built.contains($0) }
        if candidates.count == 1 { return candidates.first }
        let parts = candidates.isEmpty ? named.filter(Self.isBelowServices) : candidates.filter(Self.isBelowServices)
        return parts.count == 1 ? parts.first : nil
    }

    private static func isBelowServices(_ folder: String) -> Bool {
        let parts = folder.split(separator: "/").map(String.init)
        return parts.count > 1 && parents.contains(parts[parts.count - 2])
    }

    /// `auth_service`, `auth-service` and `auth` are the same.
    private static func plain(_ name: String) -> String {
        let plain = name.lowercased().replacing("_", with: "-")
        return plain.hasSuffix("-service") ? String(plain.dropLast(8)) : plain
    }

    // MARK: The project's name

    /// `planera/planera-backend` is the project's backend: what is left without the project's name, each way that it may be
    /// there.
    private func shortened(_ name: String, path: ArraySlice<String>) -> [String] {
        var left = commonBeginnings.filter { name.hasPrefix($0) }.map { String(name.dropFirst($0.count)) }
        for project in [project, Self.plain(path.last ?? "")] where !project.isEmpty {
            if name.hasPrefix("\(project)-") { left.append(String(name.dropFirst(project.count + 1))) }
            if name.hasSuffix("-\(project)") { left.append(String(name.dropLast(project.count + 1))) }
        }
        return left.filter { !$0.isEmpty }
    }

    private static func commonBeginnings(_ images: [String]) -> Set<String> {
        var seen: [String: Int] = [:]
        for image in Set(images.map(ImageName.withoutVersion)) {
            let slash = image.lastIndex(of: "/").map { image.index(after: $0) } ?? image.startIndex
            let path = image[..<slash]
            let words = plain(String(image[slash...])).split(separator: "-")
            for count in 1..<max(1, words.count) {
                seen["\(path) \(words[..<count].joined(separator: "-"))-", default: 0] += 1
            }
        }
        return Set(
            seen.filter { $0.value > 1 }.compactMap { key, _ in key.split(separator: " ").last.map(String.init) })
    }
}
