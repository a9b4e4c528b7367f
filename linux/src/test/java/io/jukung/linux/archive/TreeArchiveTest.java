package io.jukung.linux.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.HostFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trees go into archives and out of them, and hostile archives and trees stay where they are. */
class TreeArchiveTest {
  private static final TreeWriter.Policy KEEP = new TreeWriter.Policy(true, 0, 0, true);
  private static final TreeWriter.Policy PLAIN = new TreeWriter.Policy(false, 0, 0, false);
  private static final FileTime TIME = new FileTime(1_000_000_000, 0);

  @TempDir private Path directory;
  private Path source;
  private Path target;
  private Path outside;

  @BeforeEach
  void setUp() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    target = Files.createDirectory(directory.resolve("target"));
    outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
  }

  private byte[] archive(String member) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Fd tree = HostFile.openDirectory(source);
        TarOutput output = new TarOutput(bytes)) {
      new TreeReader(output).addDirectory(tree, member);
    }
    return bytes.toByteArray();
  }

  private long unpack(byte[] archive, TreeWriter.Policy policy) throws IOException {
    try (Fd tree = HostFile.openDirectory(target)) {
      return new TreeWriter(tree, policy).unpack(new TarInput(new ByteArrayInputStream(archive)));
    }
  }

  private static TarMember member(String name, TarMember.Kind kind, String link, byte[] content) {
    return new TarMember(name, kind, 0644, 0, 0, TIME, link, content.length, 0, 0, Map.of());
  }

  private static byte[] archive(TarMember... members) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarOutput output = new TarOutput(bytes)) {
      for (TarMember each : members) {
        output.begin(each);
        output.write(new byte[(int) each.size()], 0, (int) each.size());
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void ownersAreThoseThatAContainerWithOtherIdsSees() throws Exception {
    OwnerMap container = new OwnerMap(300_000, 400_000, 65_536);
    Path file = Files.writeString(source.resolve("file"), "content");
    Files.setAttribute(file, "unix:uid", 301_000);
    Files.setAttribute(file, "unix:gid", 400_005);
    Files.createSymbolicLink(source.resolve("of-the-host"), Path.of("file"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Fd tree = HostFile.openDirectory(source);
        TarOutput output = new TarOutput(bytes)) {
      new TreeReader(output).seenBy(container).addDirectory(tree, "");
    }
    TarInput input = new TarInput(new ByteArrayInputStream(bytes.toByteArray()));
    List<String> owners = new ArrayList<>();
    for (var next = input.next(); next.isPresent(); next = input.next()) {
      owners.add(next.get().name() + " " + next.get().uid() + " " + next.get().gid());
    }
    assertThat(owners).containsExactlyInAnyOrder("file 1000 5", "of-the-host 65534 65534");

    try (Fd tree = HostFile.openDirectory(target)) {
      InputStream archive = new ByteArrayInputStream(bytes.toByteArray());
      var _ = new TreeWriter(tree, KEEP).seenBy(container).unpack(new TarInput(archive));
      InputStream again = new ByteArrayInputStream(archive("made"));
      var _ = new TreeWriter(tree, PLAIN).seenBy(container).unpack(new TarInput(again));
    }
    assertThat(owner(target.resolve("file"))).isEqualTo("301000 400005");
    assertThat(owner(target.resolve("of-the-host"))).isEqualTo("365534 465534");
    assertThat(owner(target.resolve("made/file"))).isEqualTo("300000 400000");
    TarMember foreign =
        new TarMember("foreign", TarMember.Kind.FILE, 0644, 65_536, 0, TIME, "", 0, 0, 0, Map.of());
    try (Fd tree = HostFile.openDirectory(target)) {
      TreeWriter writer = new TreeWriter(tree, KEEP).seenBy(container);
      assertThatThrownBy(
              () -> writer.unpack(new TarInput(new ByteArrayInputStream(archive(foreign)))))
          .hasMessageContaining("its user 65536 is none of the container's");
    }
    assertThat(target.resolve("foreign")).doesNotExist();
  }

  private static String owner(Path file) throws IOException {
    return Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS)
        + " "
        + Files.getAttribute(file, "unix:gid", LinkOption.NOFOLLOW_LINKS);
  }

  @Test
  void archiveMayEndAfterTheContentOfItsLastMember() throws Exception {
    byte[] whole =
        archive(
            member("one", TarMember.Kind.FILE, "", new byte[10]),
            member("two", TarMember.Kind.FILE, "", new byte[5]));
    int end =
        3 * 512 + 5; // a header, a block of content, a header, and the content without padding
    assertThat(unpack(Arrays.copyOf(whole, end), PLAIN)).isEqualTo(2);
    assertThat(target.resolve("two")).hasSize(5);
    assertThatThrownBy(() -> unpack(Arrays.copyOf(whole, end - 1), PLAIN))
        .hasMessageContaining("ends in the middle of a file");
  }

  @Test
  void everyKindOfFileComesBackWithItsOwnerModeAndTime() throws Exception {
    String longName = "n".repeat(200);
    Path file = Files.createDirectories(source.resolve("a/b")).resolve(longName);
    Files.write(file, new byte[70_000]);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-x--x"));
    Files.setAttribute(file, "unix:uid", 12345678);
    Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_234_567_000L));
    Files.createLink(source.resolve("a/hard"), file);
    Files.createSymbolicLink(source.resolve("link"), Path.of("/etc/" + "p".repeat(150)));
    new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor();
    Files.setPosixFilePermissions(
        source.resolve("a"), PosixFilePermissions.fromString("r-x------"));
    assertThat(unpack(archive("top"), KEEP)).isEqualTo(7);
    Path copy = target.resolve("top/a/b").resolve(longName);
    assertThat(copy).hasSize(70_000);
    assertThat(Files.getAttribute(copy, "unix:uid")).isEqualTo(12345678);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
        .isEqualTo("rw-r-x--x");
    assertThat(Files.getLastModifiedTime(copy).toMillis()).isEqualTo(1_234_567_000L);
    assertThat(Files.isSameFile(copy, target.resolve("top/a/hard"))).isTrue();
    assertThat(Files.readSymbolicLink(target.resolve("top/link")).toString())
        .isEqualTo("/etc/" + "p".repeat(150));
    assertThat(Files.getPosixFilePermissions(target.resolve("top/a")))
        .isEqualTo(PosixFilePermissions.fromString("r-x------"));
    assertThat(Files.exists(target.resolve("top/pipe"))).isTrue();
  }

  @Test
  void gnuTarReadsWhatIsWritten() throws Exception {
    Files.writeString(source.resolve("file"), "content");
    Files.writeString(source.resolve("x".repeat(180)), "long");
    Path file = Files.write(directory.resolve("a.tar"), archive(""));
    Process tar =
        new ProcessBuilder("tar", "-tf", file.toString()).redirectErrorStream(true).start();
    String listed = new String(tar.getInputStream().readAllBytes(), UTF_8);
    assertThat(tar.waitFor()).as(listed).isZero();
    assertThat(listed.lines()).containsExactlyInAnyOrder("file", "x".repeat(180));
  }

  @Test
  void whatGnuTarWritesIsRead() throws Exception {
    Files.writeString(source.resolve("file"), "content");
    Files.writeString(source.resolve("x".repeat(180)), "long");
    for (String format : new String[] {"gnu", "pax", "ustar", "v7"}) {
      if (format.equals("ustar")) {
        Files.delete(source.resolve("x".repeat(180)));
      }
      Process tar =
          new ProcessBuilder("tar", "-C", source.toString(), "--format=" + format, "-cf", "-", ".")
              .start();
      unpack(tar.getInputStream().readAllBytes(), KEEP);
      assertThat(target.resolve("file")).as(format).hasContent("content");
      Files.delete(target.resolve("file"));
    }
    assertThat(target.resolve("x".repeat(180))).hasContent("long");
  }

  @Test
  void nameThatGoesUpIsRefused() throws Exception {
    byte[] archive = archive(member("a/../../outside/x", TarMember.Kind.FILE, "", new byte[1]));
    assertThatThrownBy(() -> unpack(archive, KEEP)).hasMessageContaining("..");
    assertThat(outside.resolve("x")).doesNotExist();
  }

  @Test
  void absoluteNameIsBelowTheTarget() throws Exception {
    unpack(archive(member("/etc/x", TarMember.Kind.FILE, "", new byte[1])), KEEP);
    assertThat(target.resolve("etc/x")).exists();
  }

  @Test
  void noLinkIsFollowedNeitherOfTheArchiveNorOneThatWasThere() throws Exception {
    byte[] through =
        archive(
            member("door", TarMember.Kind.SYMLINK, outside.toString(), new byte[0]),
            member("door/x", TarMember.Kind.FILE, "", new byte[1]));
    assertThatThrownBy(() -> unpack(through, KEEP)).hasMessageContaining("\"door\" is a file or");
    byte[] again = archive(member("door/x", TarMember.Kind.FILE, "", new byte[1]));
    assertThatThrownBy(() -> unpack(again, KEEP)).hasMessageContaining("\"door\" is a file or");
    byte[] directoryOver = archive(member("door/", TarMember.Kind.DIRECTORY, "", new byte[0]));
    assertThatThrownBy(() -> unpack(directoryOver, KEEP)).hasMessageContaining("at the dest");
    assertThat(outside.resolve("x")).doesNotExist();
  }

  @Test
  void fileReplacesALinkAndNotWhatTheLinkNames() throws Exception {
    Files.createSymbolicLink(target.resolve("name"), outside.resolve("secret"));
    unpack(archive(member("name", TarMember.Kind.FILE, "", new byte[3])), KEEP);
    assertThat(target.resolve("name")).isRegularFile().hasSize(3);
    assertThat(Files.isSymbolicLink(target.resolve("name"))).isFalse();
    assertThat(outside.resolve("secret")).hasContent("secret");
  }

  @Test
  void hardLinkLeadsToNoFileOutside() throws Exception {
    Files.createSymbolicLink(target.resolve("door"), outside);
    byte[] archive = archive(member("x", TarMember.Kind.HARD_LINK, "door/secret", new byte[0]));
    assertThatThrownBy(() -> unpack(archive, KEEP)).isInstanceOf(IOException.class);
    Files.createSymbolicLink(target.resolve("direct"), outside.resolve("secret"));
    byte[] toLink = archive(member("x", TarMember.Kind.HARD_LINK, "direct", new byte[0]));
    assertThatThrownBy(() -> unpack(toLink, KEEP)).hasMessageContaining("what is no file");
    assertThat(target.resolve("x")).doesNotExist();
  }

  @Test
  void directoryAndFileDoNotReplaceEachOther() throws Exception {
    Files.createDirectory(target.resolve("d"));
    byte[] file = archive(member("d", TarMember.Kind.FILE, "", new byte[1]));
    assertThatThrownBy(() -> unpack(file, KEEP)).hasMessageContaining("is a directory at the dest");
    try (var left = Files.list(target)) {
      assertThat(left).containsExactly(target.resolve("d"));
    }
  }

  @Test
  void withoutOwnersSetIdBitsGoAndDevicesAreRefused() throws Exception {
    TarMember program =
        new TarMember("su", TarMember.Kind.FILE, 04755, 7, 7, TIME, "", 0, 0, 0, Map.of());
    unpack(archive(program), PLAIN);
    assertThat(Files.getAttribute(target.resolve("su"), "unix:mode", LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(0100755);
    assertThat(Files.getAttribute(target.resolve("su"), "unix:uid")).isEqualTo(0);
    TarMember disk =
        new TarMember("sda", TarMember.Kind.BLOCK_DEVICE, 0666, 0, 0, TIME, "", 0, 8, 0, Map.of());
    byte[] device = archive(disk);
    assertThatThrownBy(() -> unpack(device, PLAIN)).hasMessageContaining("is a device");
  }

  @Test
  void symbolicLinksInATreeAreArchivedAndNotFollowed() throws Exception {
    Files.createSymbolicLink(source.resolve("door"), outside);
    unpack(archive(""), KEEP);
    assertThat(Files.readSymbolicLink(target.resolve("door"))).isEqualTo(outside);
    assertThat(new String(archive(""), UTF_8)).doesNotContain("secret\n");
  }

  @Test
  void damagedArchivesAreRefusedOrReadAndNeverLeaveTheTarget() throws Exception {
    Files.writeString(source.resolve("file"), "content");
    Files.createSymbolicLink(source.resolve("link"), Path.of("file"));
    Files.writeString(source.resolve("y".repeat(150)), "long");
    byte[] good = archive("top");
    Random random = new Random(15);
    int refused = 0;
    for (int round = 0; round < 2_000; round++) {
      byte[] bad = good.clone();
      for (int i = 0; i < 1 + random.nextInt(4); i++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      try {
        TarInput input = new TarInput(new ByteArrayInputStream(bad));
        while (input.next().isPresent()) {
          // The whole archive is walked.
        }
      } catch (IOException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void fileWithSeveralNamesIsWrittenSeveralTimesWithoutHardLinks() throws Exception {
    Files.writeString(source.resolve("first"), "content");
    Files.createLink(source.resolve("second"), source.resolve("first"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Fd tree = HostFile.openDirectory(source);
        TarOutput output = new TarOutput(bytes)) {
      TreeReader.withoutHardLinks(output).addDirectory(tree, "");
    }
    TarInput input = new TarInput(new ByteArrayInputStream(bytes.toByteArray()));
    for (int i = 0; i < 2; i++) {
      TarMember member = input.next().orElseThrow();
      assertThat(member.kind()).isEqualTo(TarMember.Kind.FILE);
      assertThat(member.size()).isEqualTo(7);
    }
    assertThat(input.next()).isEmpty();
  }
}
