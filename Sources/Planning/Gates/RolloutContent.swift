// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What two environments may have in common: the images that run, and the files that both were rendered from.
package struct RolloutContent: Sendable, Hashable {
    /// The references of each image name (without tag and digest) in pods.
    package var images: [String: Set<String>]
    /// The object id of each path that rendering read; nil where nothing was there.
    package var reads: [String: String?]

    package init(images: [String: Set<String>] = [:], reads: [String: String?] = [:]) {
        self.images = images
        self.reads = reads
    }

    package init(_ manifests: [Manifest], reads: [String: String?]) {
        self.init(reads: reads)
        for manifest in manifests {
            for container in PodTemplate(of: manifest.object)?.containers ?? [] {
                guard let image = container["image"]?.string else { continue }
                images[ImageName.withoutVersion(image), default: []].insert(image)
            }
        }
    }

    /// Whether another environment runs the same: the same images, and the same content of every file that both were
    /// rendered from. What each has alone (its overlay, its own file) does not count.
    ///
    /// False where they have nothing in common: that would prove nothing.
    package func isSame(as other: RolloutContent) -> Bool {
        guard images == other.images else { return false }
        let common = reads.filter { other.reads[$0.key] != nil }
        guard !images.isEmpty || common.contains(where: { $0.value != nil }) else { return false }
        return common.allSatisfy { other.reads[$0.key] == .some($0.value) }
    }
}
