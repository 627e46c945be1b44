// SPDX-License-Identifier: Apache-2.0

import Planning
import Testing

@Suite("Names and tags of images")
struct ImageNameTests {
    @Test(
        "A tag that a script fills in is told from one that somebody pushes",
        arguments: [
            ("IMAGE_TAG", true), ("TAG", true), ("CI_COMMIT_SHA", true), ("REPLACE-ME", true), ("__TAG__", true),
            ("__version__", true), ("$TAG", true), ("${TAG}", true), ("{{tag}}", true), ("", false), ("____", false),
            ("latest", false), ("version", false), ("1.2.3", false), ("RELEASE", false), ("V2", false),
            ("TAG.1", false), ("20250101", false), ("STAGING", false), ("VERSIONED", false),
            ("v1-SHA", false),
        ])
    func placeholders(tag: String, isPlaceholder: Bool) { #expect(ImageName.isPlaceholder(tag) == isPlaceholder) }
}
