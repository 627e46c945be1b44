// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Kustomize

@Suite struct ImageOverrideTests {
    @Test(
        "An override changes the parts it names, and only its own image",
        arguments: [
            (ImageOverride(name: "nginx", newTag: "2"), "nginx:1", "nginx:2"),
            (ImageOverride(name: "nginx", newTag: "2"), "nginx", "nginx:2"),
            (ImageOverride(name: "nginx", newTag: "2"), "nginx@sha256:aa", "nginx:2"),
            (ImageOverride(name: "nginx", newName: "proxy"), "nginx:1@sha256:aa", "proxy:1@sha256:aa"),
            (ImageOverride(name: "nginx", digest: "sha256:bb"), "nginx:1", "nginx@sha256:bb"),
            (ImageOverride(name: "nginx", newTag: "2", digest: "sha256:bb"), "nginx:1", "nginx:2@sha256:bb"),
            (ImageOverride(name: "nginx", newTag: "2"), "library/nginx:1", nil),
            (ImageOverride(name: "nginx", newTag: "2"), "nginx-extra:1", nil),
            (ImageOverride(name: "localhost:5000/a/b", newTag: "2"), "localhost:5000/a/b:1", "localhost:5000/a/b:2"),
            (ImageOverride(name: "localhost:5000/a", newName: "r:443/x"), "localhost:5000/a", "r:443/x"),
            (ImageOverride(name: "localhost", newTag: "2"), "localhost:5000/a", nil),
            (ImageOverride(name: "nginx:1", newTag: "2"), "nginx:1", "nginx:2"),
            (ImageOverride(name: "nginx:1", newTag: "2"), "nginx:1@sha256:aa", "nginx:2"),
            (ImageOverride(name: "nginx:1", newTag: "2"), "nginx:12", nil),
            (ImageOverride(name: "nginx:1", newTag: "2"), "nginx", nil),
            (ImageOverride(name: "nginx@sha256:aa", newTag: "2"), "nginx@sha256:aa", "nginx:2"),
        ])
    func applies(override: ImageOverride, image: String, expected: String?) {
        #expect(override.applied(to: image) == expected)
    }

    @Test(
        "A reference is its parts put together",
        arguments: ["a", "a:1", "a@sha256:b", "h:5000/a", "h:5000/a:1@sha256:b"])
    func roundTrip(text: String) {
        #expect(ImageReference(text).text == text)
    }
}
