package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Files are copied into containers and out of them, and no link of a container leads out of it. */
@ExtendWith(Testbed.Extension.class)
class CopyIT {
  /** More than the requests that the daemon holds in memory may have together. */
  private static final int LARGE = 70 << 20;

  private static String run(Testbed testbed, String name, String script, String... options)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("-d", "--network", "host"));
    all.addAll(List.of(options));
    return ContainerLifeIT.shell(testbed, "run", all, name, script);
  }

  private static CommandResult cp(Testbed testbed, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("cp"));
    all.addAll(List.of(arguments));
    return ContainerLifeIT.jukung(testbed, all.toArray(String[]::new));
  }

  private static String exec(Testbed testbed, String name, String script) throws Exception {
    return ContainerLifeIT.jukung(testbed, "exec", name, "sh", "-c", script).orThrow();
  }

  private static Path work(Testbed testbed, String test) throws Exception {
    return Files.createDirectories(testbed.node().directory().resolve("copies-" + test));
  }

  @Test
  void treesGoIntoRunningContainersAndComeBackFromStoppedOnes(Testbed testbed) throws Exception {
    Path work = work(testbed, "trees");
    Path volume = Files.createDirectories(work.resolve("volume"));
    Path tree = Files.createDirectories(work.resolve("tree/sub"));
    Path script = Files.writeString(tree.resolve("script"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-x---"));
    Files.setAttribute(script, "unix:uid", 1234);
    Files.createSymbolicLink(tree.resolve("link"), Path.of("/etc/passwd"));
    run(testbed, "files", "exec sleep 1000", "-v", volume + ":/data");

    cp(testbed, work + "/tree", "files:/opt").orThrow(); // /opt is made of the tree
    cp(testbed, "-a", work + "/tree", "files:/data").orThrow(); // into the volume
    cp(testbed, work + "/tree/.", "files:/tmp/").orThrow();
    assertThat(exec(testbed, "files", "stat -c '%a %u' /opt/sub/script /tmp/sub/script"))
        .isEqualTo("750 0\n750 0\n");
    assertThat(exec(testbed, "files", "readlink /opt/sub/link")).isEqualTo("/etc/passwd\n");
    Path copied = volume.resolve("tree/sub/script");
    assertThat(Files.getAttribute(copied, "unix:uid")).isEqualTo(1234);

    ContainerLifeIT.jukung(testbed, "kill", "files").orThrow();
    assertThat(ContainerLifeIT.jukung(testbed, "diff", "files").orThrow().lines())
        .contains("A /opt", "A /opt/sub/script", "A /opt/sub/link", "A /tmp/sub")
        .doesNotContain("A /data", "A /etc/hosts", "A /etc/resolv.conf");
    cp(testbed, "files:/opt/sub", work + "/back").orThrow();
    assertThat(work.resolve("back/script")).hasContent("#!/bin/sh");
    assertThat(Files.readSymbolicLink(work.resolve("back/link"))).isEqualTo(Path.of("/etc/passwd"));
    cp(testbed, "files:/opt/sub/script", work + "/renamed").orThrow();
    assertThat(work.resolve("renamed")).hasContent("#!/bin/sh");
    assertThat(cp(testbed, "files:/opt", work + "/renamed").stderr())
        .contains("cannot copy a directory to a file");
    assertThat(cp(testbed, "files:/missing", work + "/x").stderr())
        .contains("there is no /missing");
    assertThat(cp(testbed, "a", "b").stderr()).contains("write CONTAINER:PATH");
    ContainerLifeIT.jukung(testbed, "rm", "files").orThrow();
  }

  @Test
  void linksOfAContainerLeadNowhereButIntoIt(Testbed testbed) throws Exception {
    Path work = work(testbed, "links");
    Path secret = Files.writeString(work.resolve("secret"), "of the node");
    Path file = Files.writeString(work.resolve("file"), "mine");
    Path inside = Path.of(work.toString());
    run(
        testbed,
        "hostile",
        "mkdir -p %s; echo of the container >%s; ln -s %s /direct; ln -s ../../../../..%s /up;"
                .formatted(inside, secret, secret, work)
            + " ln -s %s /door; ln -s /proc/1/root /magic; ln -s /direct /chain; echo ready;"
                .formatted(work)
            + " exec sleep 1000");
    Await.until(
        "the links are there",
        () -> ContainerLifeIT.jukung(testbed, "logs", "hostile").stdout().contains("ready"));
    for (String path : List.of("/up/secret", "/door/secret", "/../../.." + secret)) {
      cp(testbed, "hostile:" + path, work + "/out").orThrow();
      assertThat(work.resolve("out")).as(path).hasContent("of the container");
    }
    for (String path : List.of("/direct", "/chain")) {
      cp(testbed, "-L", "hostile:" + path, work + "/followed").orThrow();
      assertThat(work.resolve("followed")).as(path).hasContent("of the container");
    }
    // A link is copied itself, and a copy over it replaces it and not what it names on the node.
    cp(testbed, "hostile:/direct", work + "/landed").orThrow();
    assertThat(Files.readSymbolicLink(work.resolve("landed"))).isEqualTo(secret);
    assertThat(cp(testbed, "hostile:/magic/etc/passwd", work + "/x").exitCode()).isNotZero();
    assertThat(cp(testbed, file.toString(), "hostile:/magic/tmp/x").exitCode()).isNotZero();

    cp(testbed, file.toString(), "hostile:/door/written").orThrow();
    cp(testbed, file.toString(), "hostile:/up").orThrow();
    assertThat(work.resolve("written")).doesNotExist();
    assertThat(exec(testbed, "hostile", "cat " + work + "/written " + work + "/file"))
        .isEqualTo("minemine");
    // The first copy brings a link, the second one a directory of that name: nothing is followed.
    exec(testbed, "hostile", "mkdir -p /trap; ln -s %s /trap/a".formatted(work));
    Files.createDirectories(work.resolve("here"));
    cp(testbed, "hostile:/trap/.", work + "/here").orThrow();
    exec(testbed, "hostile", "rm /trap/a; mkdir /trap/a; echo bad >/trap/a/secret");
    assertThat(cp(testbed, "hostile:/trap/.", work + "/here").stderr())
        .contains("\"a\" is a file or a link at the destination");
    assertThat(secret).hasContent("of the node");
    ContainerLifeIT.jukung(testbed, "rm", "-f", "hostile").orThrow();
  }

  @Test
  void largeFilesAndArchivesAreStreamed(Testbed testbed) throws Exception {
    Path work = work(testbed, "large");
    byte[] content = new byte[LARGE];
    new Random(15).nextBytes(content);
    Path large = Files.write(work.resolve("large"), content);
    run(testbed, "large", "exec sleep 1000");
    cp(testbed, large.toString(), "large:/root-copy").orThrow();
    cp(testbed, "large:/root-copy", work + "/back").orThrow();
    assertThat(Files.mismatch(large, work.resolve("back"))).isEqualTo(-1);

    String jukung = Daemon.dist().resolve("bin/jukung").toString();
    String line =
        ("export JUKUNG_SOCKET=%s; mkdir -p %s/t && echo x >%s/t/f"
                + " && tar -C %s -cf - t | %s cp - large:/tmp && %s cp large:/tmp/t - | tar -tf -")
            .formatted(testbed.daemon().socket(), work, work, work, jukung, jukung);
    assertThat(testbed.node().run("sh", "-c", line).orThrow()).isEqualTo("t/\nt/f\n");
    assertThat(exec(testbed, "large", "cat /tmp/t/f")).isEqualTo("x\n");
    ContainerLifeIT.jukung(testbed, "rm", "-f", "large").orThrow();
  }
}
