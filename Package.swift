// swift-tools-version: 6.2
// Mainstay: keeps a Kubernetes cluster true to `main`.
// Targets are listed bottom up; `docs/architecture.md` says what each owns and what it may import.

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "mainstay",
    products: [
        .executable(name: "mainstay", targets: ["mainstay"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        module("VirtualTime"),
        module("Manifests", ["CYAML"]),
        module("Kustomize", ["Manifests", crypto]),
        module("Transport", ["CCurl"]),
        module("Git", ["CGit2", "Manifests", "Transport", crypto]),
        module("Kubernetes", ["Manifests", "Transport"]),
        module("Planning", ["Manifests"]),
        module("Ledger", ["Manifests", "Planning", crypto, grdb]),
        module("Reconciler", ["Manifests", "Planning", logging]),
        module("StatusServer", ["Manifests", "Planning", "Reconciler", hummingbird, logging]),
        module(
            "Sandbox",
            [
                "CZlib", "Manifests", crypto, httpTypes, hummingbird, logging, nioCore, nioSSL, serviceLifecycle,
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
            ]),
        module(
            "Mainstay",
            [
                "CMalloc", "Git", "Kubernetes", "Kustomize", "Ledger", "Manifests", "Planning", "Reconciler", "Sandbox",
                "StatusServer", "Transport", "VirtualTime", crypto, logging, serviceLifecycle,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .executableTarget(name: "mainstay", dependencies: ["Mainstay"], swiftSettings: settings),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "Git", "Kubernetes", "Kustomize", "Mainstay", "Manifests", "Reconciler", "Sandbox", "TestSupport",
                "Transport", logging,
            ],
            swiftSettings: settings),

        .target(
            name: "TestSupport", dependencies: ["Manifests", "Transport", "VirtualTime", logging],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(
            name: "StoreContract", dependencies: ["Manifests", "Planning", "Reconciler"], path: "Tests/StoreContract",
            swiftSettings: settings),
        tests("ManifestsTests", ["Manifests", "TestSupport"]),
        tests("KustomizeTests", ["Kustomize", "Manifests", "TestSupport"], exclude: ["Goldens"]),
        tests("TransportTests", ["CCurl", "Transport", "TestSupport"]),
        tests("GitTests", ["Git", "Manifests", "Transport", "TestSupport"]),
        tests("KubernetesTests", ["Kubernetes", "Manifests", "Transport", "TestSupport"]),
        tests("PlanningTests", ["Manifests", "Planning", "TestSupport"]),
        tests("LedgerTests", ["Ledger", "Manifests", "Planning", "TestSupport", grdb]),
        tests("ReconcilerTests", ["Manifests", "Planning", "Reconciler", "StoreContract", "TestSupport", logging]),
        tests(
            "StatusServerTests",
            [
                "Manifests", "Planning", "Reconciler", "StatusServer", "TestSupport", httpTypes, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        tests("SandboxTests", ["Manifests", "Sandbox", "TestSupport"], exclude: ["Transcripts"]),
        tests(
            "MainstayTests",
            [
                "Git", "Kubernetes", "Kustomize", "Ledger", "Mainstay", "Manifests", "Planning", "Reconciler",
                "Sandbox", "StatusServer", "StoreContract", "TestSupport", "Transport", logging,
            ], exclude: ["Proposals"]),
        tests("EndToEndTests", ["Manifests", "TestSupport", "mainstay"]),
    ]
)
