// SPDX-License-Identifier: Apache-2.0

/// Finds the folder that an image is built from, by its name.
struct ImageFolders {
    private let scan: RepositoryScan
    private let manifestFolders: Set<String>

    /// A folder of a service's name below one of these is its source, also where its Dockerfile is elsewhere.
    private static let parents: Set = ["apps", "services", "microservices", "packages", "components"]

    init(scan: RepositoryScan) {
        self.scan = scan
        let paths = scan.files.map(\.path) + scan.kustomizations.map { "\($0.folder)/x" }
        manifestFolders = Set(paths.compactMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } })
    }

    /// Nil where none, or more than one, could be it.
    func folder(of image: String) -> String? {
        let name = Self.plain(image.split(separator: "/").last.map(String.init) ?? image)
        let named = scan.folders.filter { folder in
            Self.plain(folder.split(separator: "/").last.map(String.init) ?? "") == name
                && !manifestFolders.contains(folder)
        }
        let built = Set(scan.imageFolders)
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
}
