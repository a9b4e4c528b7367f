package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Registry;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A node whose policy demands signatures by a key from one repository, and refuses another one. */
class SignaturePolicyIT {
  private static Path directory;
  private static KeyPair keys;
  private static Testbed testbed;

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("jukung-signatures");
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    keys = generator.generateKeyPair();
    Files.writeString(
        directory.resolve("key.pub"),
        "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n"
            .formatted(
                Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII))
                    .encodeToString(keys.getPublic().getEncoded())));
    policy("matchRepository");
    testbed =
        Testbed.start(
            Map.of(),
            "[image]\nsignature_policy = \"%s\"\n".formatted(directory.resolve("policy.json")));
  }

  private static void policy(String identity) throws Exception {
    Files.writeString(
        directory.resolve("policy.json"),
        """
        {"default": [{"type": "insecureAcceptAnything"}],
         "transports": {"docker": {
           "%1$s/signed": [{"type": "sigstoreSigned", "keyPath": "%2$s",
                            "signedIdentity": {"type": "%3$s"}}],
           "%1$s/rejected": [{"type": "reject"}]}}}
        """
            .formatted(Registry.HOST, directory.resolve("key.pub"), identity));
  }

  @AfterAll
  static void stop() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
    Files.delete(directory.resolve("policy.json"));
    Files.delete(directory.resolve("key.pub"));
    Files.delete(directory);
  }

  /** Signs a pushed image for a name, and attaches the signature as cosign does. */
  private static void sign(String tag, String name) throws Exception {
    String digest = testbed.registry().digest("signed", tag);
    byte[] payload =
        """
        {"critical":{"identity":{"docker-reference":"%s"},"image":{"docker-manifest-digest":"%s"},\
        "type":"cosign container image signature"},"optional":null}\
        """
            .formatted(name, digest)
            .getBytes(US_ASCII);
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(keys.getPrivate());
    signature.update(payload);
    testbed
        .registry()
        .pushSignature(
            "signed", digest, payload, Base64.getEncoder().encodeToString(signature.sign()));
  }

  private static String pushed(String tag) throws Exception {
    return testbed.registry().push("signed:" + tag, "--env", "[\"TAG=" + tag + "\"]");
  }

  private static void assertRefused(Runnable call, String reason) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refusal -> {
              assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
              assertThat(refusal.getStatus().getDescription())
                  .startsWith("SignatureValidationFailed: ")
                  .contains(reason);
            });
  }

  private static boolean isHere(String reference) {
    return testbed
        .client()
        .images()
        .imageStatus(ImageStatusRequest.newBuilder().setImage(Requests.image(reference)).build())
        .hasImage();
  }

  @Test
  void imageIsPulledByTagAndDigestOnceItIsSigned() throws Exception {
    String reference = pushed("1");
    assertRefused(() -> testbed.pull(reference), "demands a signature, and it has none");
    assertThat(isHere(reference)).isFalse();
    sign("1", Registry.HOST + "/signed");
    String id = testbed.pull(reference);
    String byDigest = Registry.HOST + "/signed@" + testbed.registry().digest("signed", "1");
    assertThat(testbed.pull(byDigest)).isEqualTo(id);
    testbed.removeImage(id);
  }

  @Test
  void imageOfARejectedRepositoryIsRefused() throws Exception {
    String reference = testbed.registry().push("rejected:1");
    assertRefused(() -> testbed.pull(reference), "the signature policy rejects it");
    assertThat(isHere(reference)).isFalse();
  }

  @Test
  void containerIsMadeOnlyOfAnImageThatTheUsersNameAccepts() throws Exception {
    String reference = pushed("2");
    sign("2", Registry.HOST + "/signed");
    String id = testbed.pull(reference);
    Pod pod = testbed.runPod("signed", NamespaceMode.NODE);
    try {
      testbed.runContainer(pod, container(pod, "a", id, reference));
      testbed.createContainer(pod, container(pod, "by-id", id, ""));
      assertRefused(
          () -> testbed.createContainer(pod, container(pod, "b", id, Registry.HOST + "/rejected")),
          "the signature policy rejects it");
      policy("matchExact");
      assertRefused(
          () -> testbed.createContainer(pod, container(pod, "c", id, reference)),
          "which matchExact does not accept");
      testbed.runContainer(pod, "busybox", List.of("true")); // no signature is demanded
    } finally {
      policy("matchRepository");
      testbed.removeAllPods();
      testbed.removeImage(id);
    }
  }

  @Test
  void signaturesOutliveTheDaemonAndTheRegistry() throws Exception {
    String reference = pushed("3");
    sign("3", Registry.HOST + "/signed");
    String id = testbed.pull(reference);
    testbed.killAndRestartDaemon();
    testbed.registry().deleteManifest("signed", testbed.registry().digest("signed", "3"));
    Pod pod = testbed.runPod("kept", NamespaceMode.NODE);
    try {
      testbed.runContainer(pod, container(pod, "a", id, reference));
    } finally {
      testbed.removeAllPods();
      testbed.removeImage(id);
    }
  }

  @Test
  void resultsThatABuildKeepsAreForBuildsAlone() throws Exception {
    Path context = Files.createTempDirectory("jukung-context");
    Path dockerfile = context.resolve("Dockerfile");
    Files.writeString(
        dockerfile, "FROM %s\nRUN echo one >/one\nRUN cat /one\n".formatted(testbed.busybox()));
    Files.writeString(
        directory.resolve("policy.json"),
        """
        {"default": [{"type": "reject"}],
         "transports": {"docker": {"%s": [{"type": "insecureAcceptAnything"}]}}}
        """
            .formatted(Registry.HOST));
    Pod pod = testbed.runPod("intermediate", NamespaceMode.NODE);
    try {
      ContainerLifeIT.jukung(testbed, "build", "-t", Registry.HOST + "/built:1", context.toString())
          .orThrow();
      List<String> kept = intermediates();
      assertThat(kept).isNotEmpty();
      for (String id : kept) {
        assertRefused(
            () -> testbed.createContainer(pod, container(pod, "by-id", id, "")),
            "the signature policy rejects it by default");
      }
    } finally {
      policy("matchRepository");
      testbed.removeAllPods();
      Files.delete(dockerfile);
      Files.delete(context);
    }
  }

  /** The IDs of the images that builds keep, which no list shows. */
  private static List<String> intermediates() throws Exception {
    Pattern id = Pattern.compile("\"id\" ?: ?\"(sha256:[0-9a-f]{64})\"");
    List<String> ids = new ArrayList<>();
    try (Stream<Path> records = Files.walk(testbed.daemon().root().resolve("images/records"))) {
      for (Path each : records.filter(Files::isRegularFile).toList()) {
        String record = Files.readString(each);
        Matcher matcher = id.matcher(record);
        if (record.matches("(?s).*\"intermediate\" ?: ?true.*") && matcher.find()) {
          ids.add(matcher.group(1));
        }
      }
    }
    return ids;
  }

  @Test
  void commandLineSaysWhyAnImageIsRefused() throws Exception {
    String reference = testbed.registry().push("rejected:cli");
    String said =
        testbed
            .node()
            .run(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString(),
                "pull",
                reference)
            .stderr();
    assertThat(said).contains("SignatureValidationFailed: " + reference).hasLineCount(1);
  }

  private static ContainerConfig container(Pod pod, String name, String id, String asked) {
    ContainerConfig.Builder config =
        Requests.container(pod.config(), name, id, List.of("sleep", "100"));
    config.getImageBuilder().setUserSpecifiedImage(asked);
    return config.build();
  }
}
