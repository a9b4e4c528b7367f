package io.jukung.e2e.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Debian's docker-registry inside a node. It listens on the node's loopback, over plain HTTP. */
public final class Registry {
  public static final String HOST = "127.0.0.1:5000";

  /** The registry that knows one user, with the name user and the password secret. */
  public static final String PRIVATE = "127.0.0.1:5007";

  private static final String URL = "http://" + HOST;

  private final Node node;
  private final Path ociImage;
  private final Path busyboxRoot;

  private Registry(Node node, Path ociImage, Path busyboxRoot) {
    this.node = node;
    this.ociImage = ociImage;
    this.busyboxRoot = busyboxRoot;
  }

  /** Starts the registry and waits until it answers. It ends together with the node. */
  public static Registry start(Node node) throws Exception {
    Path directory = Files.createDirectory(node.directory().resolve("registry"));
    serve(node, directory, HOST, "");
    Path ociImage = Path.of(System.getProperty("e2e.oci-image")).toAbsolutePath().normalize();
    Path root = directory.resolve("busybox");
    node.run(ociImage.toString(), "busybox", root.toString()).orThrow();
    return new Registry(node, ociImage, root);
  }

  /** Starts the registry {@link #PRIVATE}. It ends together with the node. */
  public static void startPrivate(Node node) throws Exception {
    Path directory = Files.createDirectory(node.directory().resolve("private"));
    String users = node.run("htpasswd", "-nbB", "user", "secret").orThrow();
    Path htpasswd = Files.writeString(directory.resolve("htpasswd"), users);
    serve(
        node,
        directory,
        PRIVATE,
        "auth: {htpasswd: {realm: test, path: %s}}\n".formatted(htpasswd),
        "--user",
        "user:secret");
  }

  /**
   * Starts a registry and waits until it answers.
   *
   * @param settings more lines of its configuration
   * @param login options of curl by which the registry lets it in
   */
  private static void serve(
      Node node, Path directory, String address, String settings, String... login)
      throws Exception {
    Path config = directory.resolve("config.yml");
    Files.writeString(
        config,
        """
        version: 0.1
        log: {level: warn, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
        http: {addr: "%s"}
        """
                .formatted(directory.resolve("data"), address)
            + settings);
    List<String> ask =
        new ArrayList<>(List.of("curl", "-fsS", "--noproxy", "*", "-o", "/dev/null"));
    ask.addAll(List.of(login));
    ask.add("http://" + address + "/v2/");
    ProcessBuilder builder =
        new ProcessBuilder(node.inside(List.of("docker-registry", "serve", config.toString())))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile());
    // Otherwise each request waits for a trace collector that does not exist.
    builder.environment().put("OTEL_TRACES_EXPORTER", "none");
    Process process = builder.start();
    Await.until(
        "the registry answers",
        () -> {
          if (!process.isAlive()) {
            throw new IOException("docker-registry: " + Files.readString(directory.resolve("log")));
          }
          return node.run(ask).exitCode() == 0;
        });
  }

  /**
   * Pushes a busybox image.
   *
   * @param name repository and tag, for example {@code busybox:1}
   * @param options options of {@code oci-image build} for the image's configuration
   * @return the reference under which the image can be pulled
   */
  public String push(String name, String... options) throws IOException, InterruptedException {
    return push(name, busyboxRoot, options);
  }

  /** Pushes an image with this root file system. */
  public String push(String name, Path root, String... options)
      throws IOException, InterruptedException {
    Path layout = layout(name, root, options);
    node.run(ociImage.toString(), "push", layout.toString(), URL, name).orThrow();
    return HOST + "/" + name;
  }

  /**
   * Pushes an image with a changed copy of busybox's root file system.
   *
   * @param change a shell script that is run as root in the copy
   */
  public String pushChanged(String name, String change, String... options)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory(node.directory().resolve("registry"), "changed-");
    Path root = work.resolve("root");
    node.run("cp", "-a", busyboxRoot.toString(), root.toString()).orThrow();
    node.run("sh", "-c", "cd \"$1\" && " + change, "sh", root.toString()).orThrow();
    Path layout = work.resolve("layout");
    List<String> build = new ArrayList<>(List.of(ociImage.toString(), "build"));
    build.addAll(List.of(options));
    build.addAll(List.of(root.toString(), layout.toString()));
    node.run(build).orThrow();
    node.run(ociImage.toString(), "push", layout.toString(), URL, name).orThrow();
    return HOST + "/" + name;
  }

  /** The digest of the manifest that a tag leads to. */
  public String digest(String repository, String tag) throws IOException, InterruptedException {
    String head =
        node.run(
                "curl",
                "-fsSI",
                "--noproxy",
                "*",
                "-H",
                "Accept: application/vnd.oci.image.manifest.v1+json",
                URL + "/v2/" + repository + "/manifests/" + tag)
            .orThrow();
    return head.lines()
        .filter(line -> line.startsWith("Docker-Content-Digest: "))
        .map(line -> line.substring(line.indexOf(' ')).strip())
        .findFirst()
        .orElseThrow();
  }

  /** Deletes a manifest by its digest, with the tags that lead to it. */
  public void deleteManifest(String repository, String digest)
      throws IOException, InterruptedException {
    String url = URL + "/v2/" + repository + "/manifests/" + digest;
    node.run("curl", "-fsS", "--noproxy", "*", "-X", "DELETE", url).orThrow();
  }

  /**
   * Attaches a signature to a manifest, as cosign does, in place of an earlier one.
   *
   * @param digest the manifest's digest
   */
  public void pushSignature(String repository, String digest, byte[] payload, String signature)
      throws IOException, InterruptedException {
    Path layout = Files.createTempDirectory(node.directory().resolve("registry"), "signature-");
    Files.createDirectories(layout.resolve("blobs/sha256"));
    String config = blob(layout, "{}", "application/vnd.oci.image.config.v1+json", "");
    String layer =
        blob(
            layout,
            new String(payload, StandardCharsets.UTF_8),
            "application/vnd.dev.cosign.simplesigning.v1+json",
            ",\"annotations\":{\"dev.cosignproject.cosign/signature\":\"%s\"}"
                .formatted(signature));
    pushManifest(
        layout, config, layer, repository + ":" + digest.replace("sha256:", "sha256-") + ".sig");
  }

  private void pushManifest(Path layout, String config, String layer, String name)
      throws IOException, InterruptedException {
    String type = "application/vnd.oci.image.manifest.v1+json";
    String manifest =
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
            .formatted(type, config, layer);
    String top = blob(layout, manifest, type, "");
    Files.writeString(layout.resolve("index.json"), "{\"manifests\":[" + top + "]}");
    Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    node.run(ociImage.toString(), "push", layout.toString(), URL, name).orThrow();
  }

  /** Pushes an OCI artifact, which is not an image, with one file. */
  public String pushArtifact(String name, String title, String content)
      throws IOException, InterruptedException {
    Path layout =
        Files.createTempDirectory(node.directory().resolve("registry"), "artifact-layout-");
    Files.createDirectories(layout.resolve("blobs/sha256"));
    String config = blob(layout, "{}", "application/vnd.oci.empty.v1+json", "");
    String file =
        blob(
            layout,
            content,
            "application/octet-stream",
            ",\"annotations\":{\"org.opencontainers.image.title\":\"%s\"}".formatted(title));
    pushManifest(layout, config, file, name);
    return HOST + "/" + name;
  }

  private static String blob(Path layout, String content, String type, String more)
      throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    String hex;
    try {
      hex = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
    Files.write(layout.resolve("blobs/sha256").resolve(hex), bytes);
    return "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%d%s}"
        .formatted(type, hex, bytes.length, more);
  }

  /** Builds an OCI image layout of busybox without pushing it. */
  public Path layout(String name, String... options) throws IOException, InterruptedException {
    return layout(name, busyboxRoot, options);
  }

  /** A new copy of busybox's root file system, for the test to change. */
  public Path copyOfBusybox(String name) throws IOException, InterruptedException {
    Path copy = node.directory().resolve("registry").resolve("root-" + name);
    node.run("cp", "-a", busyboxRoot.toString(), copy.toString()).orThrow();
    return copy;
  }

  private Path layout(String name, Path root, String... options)
      throws IOException, InterruptedException {
    Path layout = node.directory().resolve("registry").resolve("layout-" + name.replace(':', '-'));
    List<String> build = new ArrayList<>(List.of(ociImage.toString(), "build", "--name", name));
    build.addAll(List.of(options));
    build.addAll(List.of(root.toString(), layout.toString()));
    node.run(build).orThrow();
    return layout;
  }
}
