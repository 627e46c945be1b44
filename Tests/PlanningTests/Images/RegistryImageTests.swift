// SPDX-License-Identifier: Apache-2.0

import Planning
import Testing

@Suite("Image references as a registry is asked by them")
struct RegistryImageTests {
    private static let digest = "sha256:" + String(repeating: "0f", count: 32)

    @Test(
        "Host, repository and what is asked for",
        arguments: [
            ("registry.example.com/api", ["registry.example.com", "api", "latest"]),
            ("registry.example.com:5000/team/api:1.2", ["registry.example.com:5000", "team/api", "1.2"]),
            ("localhost/api:x", ["localhost", "api", "x"]),
            ("Registry.Example.com/a_b/c--d.e:V_1.0-x", ["registry.example.com", "a_b/c--d.e", "V_1.0-x"]),
            ("10.0.0.1:5000/api@\(digest)", ["10.0.0.1:5000", "api", digest]),
            ("registry.example.com/api:1.2@\(digest)", ["registry.example.com", "api", digest]),
        ])
    func parts(text: String, expected: [String]) throws {
        let image = try #require(RegistryImage(text))
        #expect([image.host, image.repository, image.reference] == expected)
        #expect(image.description == text)
    }

    @Test(
        "What names no registry, or could lead anywhere else, is none",
        arguments: [
            "nginx", "library/nginx:1", "api:5000/x:1:2", "registry.example.com", "registry.example.com/",
            "registry.example.com//api", "registry.example.com/../v2/_catalog", "registry.example.com/api/..",
            "registry.example.com/API", "registry.example.com/api?x=1", "registry.example.com/api#x",
            "user@registry.example.com/api", "user:pass@registry.example.com/api", "registry.example.com:0/api",
            "registry.example.com:99999/api", "registry.example.com:+80/api", "-registry.example.com/api",
            "registry..com/api", "registry.example.com/api:", "registry.example.com/api:a b",
            "registry.example.com/api@sha256:xyz", "registry.example.com/api@sha256",
            "https://registry.example.com/api",
            "registry.example.com/a%2fb", "[::1]:5000/api", "",
        ])
    func refused(text: String) {
        #expect(RegistryImage(text) == nil)
    }
}
