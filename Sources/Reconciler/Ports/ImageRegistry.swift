// SPDX-License-Identifier: Apache-2.0

package import Planning

/// The registries that images come from, as far as they may be asked: the OCI distribution API in the product.
package protocol ImageRegistry: Sendable {
    /// Whether the operator lets this registry be asked. Whoever may merge names images, and must not choose whom the
    /// daemon talks to.
    func mayAsk(_ host: String) -> Bool
    /// Every question has a deadline of its own and may be cancelled.
    ///
    /// - Parameter credentials: of the pods' pull secrets, as far as they are for the image.
    func look(for image: RegistryImage, with credentials: [PullCredential]) async -> ImageAnswer
}

package enum ImageAnswer: Sendable, Hashable {
    case isThere
    /// The registry says that it does not have it.
    case isMissing
    /// No answer of either kind. The text is safe to show.
    case unknown(String, isTransient: Bool)
}

/// None may be asked: that an image is missing is learnt from the pods.
package struct NoRegistries: ImageRegistry {
    package init() {}

    package func mayAsk(_ host: String) -> Bool { false }

    package func look(for image: RegistryImage, with credentials: [PullCredential]) async -> ImageAnswer {
        .unknown("no registry may be asked", isTransient: false)
    }
}
