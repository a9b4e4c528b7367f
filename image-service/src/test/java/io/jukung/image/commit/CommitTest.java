package io.jukung.image.commit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.commit.ImageCommitter.Description;
import io.jukung.image.commit.ImageCommitter.Source;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.Pin;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commits what was written into a real overlay, in a mount namespace of a shell. Needs root, and
 * overlayfs on the file system of the temporary directory.
 */
class CommitTest {
  @TempDir Path temporary;
  private PullFixture fixture;
  private WildRegistry registry;

  @BeforeEach
  void open() throws Exception {
    fixture = new PullFixture(temporary.resolve("store"), PullFixture.PATIENT);
    registry = WildRegistry.start();
  }

  @AfterEach
  void close() throws Exception {
    registry.close();
    fixture.close();
  }

  private StoredImage pulled(TestImage image) throws Exception {
    registry.add("base", "1", image);
    return fixture.pull(registry.reference("base:1"));
  }

  private StoredImage base() throws Exception {
    byte[] tar =
        new TestTar()
            .directory("dir")
            .file("dir/kept", "kept")
            .file("dir/gone", "gone")
            .directory("replaced")
            .file("replaced/old", "old")
            .file("file", "before")
            .bytes();
    return pulled(TestImage.of(tar).config(c -> c.putArray("Env").add("PATH=/bin")).build());
  }

  /** Runs a script in the root of an overlay on the image, and returns the upper directory. */
  private Path written(StoredImage image, String script) throws Exception {
    Path upper = Files.createDirectories(temporary.resolve("c/upper"));
    Path work = Files.createDirectories(temporary.resolve("c/work"));
    Path root = Files.createDirectories(temporary.resolve("c/root"));
    String lower =
        String.join(":", fixture.mounted(image.id()).stream().map(Path::toString).toList());
    run(
        "mount -t overlay overlay -o lowerdir=%s,upperdir=%s,workdir=%s,index=off %s && cd %s && %s"
            .formatted(lower, upper, work, root, root, script));
    return upper;
  }

  /** What the layers of an image show, in a mount namespace that ends with the script. */
  private String shown(StoredImage image, String script) throws Exception {
    Path root = Files.createDirectories(temporary.resolve("shown"));
    String lower =
        String.join(":", fixture.mounted(image.id()).stream().map(Path::toString).toList());
    return run(
        "mount -t overlay overlay -o lowerdir=%s %s && cd %s && %s"
            .formatted(lower, root, root, script));
  }

  private String run(String script) throws Exception {
    Process shell =
        new ProcessBuilder("unshare", "-m", "sh", "-ec", script).redirectErrorStream(true).start();
    String output = new String(shell.getInputStream().readAllBytes(), UTF_8);
    assertThat(shell.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(shell.exitValue()).as(output).isZero();
    return output;
  }

  /** The directory of the image's topmost layer. */
  private Path top(StoredImage image) throws IOException {
    return fixture.mounted(image.id()).getFirst();
  }

  private static void attribute(Path file, String name, byte[] value) throws IOException {
    try (Fd opened = HostFile.open(file.toString(), OpenFlags.O_RDONLY, 0)) {
      ExtendedAttributes.set(opened, name, value);
    }
  }

  private static byte[] attribute(Path file, String name) throws IOException {
    try (Fd opened = HostFile.open(file.toString(), OpenFlags.O_RDONLY, 0)) {
      return ExtendedAttributes.get(opened, name).orElseThrow();
    }
  }

  private static Description named(String name, String... changes) {
    return new Description(
        Optional.of(name), "me <me@example>", "why", "sh -c x", List.of(changes));
  }

  private StoredImage commit(StoredImage image, Path upper, Description description)
      throws Exception {
    return new ImageCommitter(fixture.store)
        .commit(
            new Source(image.id(), upper, OwnerMap.SAME), description, ImageCommitter.Work::run);
  }

  private JsonNode configuration(StoredImage image) throws IOException {
    return new ObjectMapper()
        .readTree(fixture.store.content().read(Digest.parse(image.id()), ConfigDocument.MAX_BYTES));
  }

  private List<String> unfinished() throws IOException {
    try (Stream<Path> files = Files.list(fixture.store.temporary())) {
      return files.map(Path::toString).toList();
    }
  }

  // ── files ──────────────────────────────────────────────────────────────────────────────────

  @Test
  void newImageShowsWhatTheContainerSaw() throws Exception {
    StoredImage base = base();
    String script =
        "rm dir/gone; rm -r replaced; mkdir replaced; echo new >replaced/new; echo after >file;"
            + " ln file linked; ln -s file link; mkfifo fifo; mknod disk b 7 3; mkdir -p a/b/c;"
            + " chmod 4751 a/b; chown 12:34 a/b/c;"
            + " touch -d 2001-02-03T04:05:06Z a/b/c";
    Path upper = written(base, script);
    attribute(upper.resolve("a"), "user.x", "y".getBytes(UTF_8));
    StoredImage made = commit(base, upper, named("made:1"));
    String list = "find . -printf '%p %y %m %U %G %n %l\\n' | sort; cat file dir/kept replaced/new";
    String seen =
        run(
            "mount -t overlay overlay -o lowerdir=%s,upperdir=%s,workdir=%s,index=off %s && cd %s && %s"
                .formatted(
                    fixture.mounted(base.id()).getFirst(),
                    upper,
                    temporary.resolve("c/work"),
                    temporary.resolve("c/root"),
                    temporary.resolve("c/root"),
                    list));
    assertThat(shown(made, list)).isEqualTo(seen);
    assertThat(shown(made, "ls replaced; ls dir; stat -c %Y a/b/c"))
        .isEqualTo("new\nkept\n981173106\n");
    assertThat(attribute(top(made).resolve("a"), "user.x")).isEqualTo("y".getBytes(UTF_8));
    assertThat(shown(made, "[ file -ef linked ] && echo same")).isEqualTo("same\n");
    assertThat(fixture.store.find("made:1").orElseThrow().id()).isEqualTo(made.id());
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void sameFilesGiveTheSameLayer() throws Exception {
    StoredImage base = base();
    Path upper = written(base, "for i in z y x; do echo $i >$i; done; rm file");
    JsonNode first = configuration(commit(base, upper, named("one:1")));
    JsonNode second = configuration(commit(base, upper, named("two:1")));
    assertThat(second.path("rootfs")).isEqualTo(first.path("rootfs"));
  }

  @Test
  void sparseFileStaysSmall() throws Exception {
    StoredImage base = base();
    Path upper = written(base, "true");
    try (RandomAccessFile file = new RandomAccessFile(upper.resolve("big").toFile(), "rw")) {
      file.setLength(4L << 30);
      file.seek(1L << 30);
      file.write("middle".getBytes(UTF_8));
    }
    StoredImage made = commit(base, upper, named("sparse:1"));
    assertThat(
            shown(
                made,
                "stat -c '%s' big; dd if=big bs=6 skip=1G iflag=skip_bytes count=1 2>/dev/null"))
        .isEqualTo("4294967296\nmiddle");
  }

  @Test
  void longAndForeignNamesAreKept() throws Exception {
    StoredImage base = base();
    String longName = "n".repeat(200);
    Path upper =
        written(
            base,
            "mkdir -p %s/%s; echo x >%s/%s/ü; echo y >\"$(printf 'a\\nb\\377')\"; ln -s %s/%s l"
                .formatted(longName, longName, longName, longName, longName, longName));
    StoredImage made = commit(base, upper, named("names:1"));
    assertThat(shown(made, "cat l/ü; cat \"$(printf 'a\\nb\\377')\"")).isEqualTo("x\ny\n");
  }

  @Test
  void archiveIsReadByGnuTar() throws Exception {
    StoredImage base = base();
    Path upper = written(base, "rm dir/gone; mkdir -p x/y; echo z >x/y/z");
    StoredImage made = commit(base, upper, named("made:1"));
    Digest layer;
    try (Pin pin = fixture.store.pin()) {
      ImageRecord record = fixture.store.pinned(made.id(), pin);
      List<String> own = new ArrayList<>(record.layers());
      own.removeAll(fixture.store.pinned(base.id(), pin).layers());
      layer = Digest.parse(own.getFirst());
    }
    Path blob = temporary.resolve("store/images/blobs/sha256").resolve(layer.hex());
    assertThat(run("tar --xattrs --xattrs-include='*' -tzf " + blob))
        .isEqualTo("dir/\ndir/.wh.gone\nx/\nx/y/\nx/y/z\n");
  }

  @Test
  void idsOfAUserNamespaceBecomeTheContainers() throws Exception {
    StoredImage base = base();
    Path upper =
        written(
            base,
            "echo a >a; echo b >b; chown 70000:80000 a; chown 70005:80006 b; chown 70000:80000 .");
    attribute(upper.resolve("a"), "system.posix_acl_access", acl(70_007));
    attribute(upper.resolve("b"), "security.capability", capability(0x0300_0001, 70_000));
    StoredImage made =
        new ImageCommitter(fixture.store)
            .commit(
                new Source(base.id(), upper, new OwnerMap(70_000, 80_000, 65_536)),
                named("user:1"),
                ImageCommitter.Work::run);
    assertThat(shown(made, "stat -c '%u %g' a b")).isEqualTo("0 0\n5 6\n");
    assertThat(attribute(top(made).resolve("a"), "system.posix_acl_access")).isEqualTo(acl(7));
    assertThat(attribute(top(made).resolve("b"), "security.capability"))
        .isEqualTo(Arrays.copyOf(capability(0x0200_0001, 0), 20));
  }

  /** An access control list in which one user is named (posix_acl_xattr.h). */
  private static byte[] acl(int user) {
    ByteBuffer list = ByteBuffer.allocate(4 + 5 * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    int[][] entries = {{1, 6, -1}, {2, 4, user}, {4, 4, -1}, {16, 4, -1}, {32, 4, -1}};
    for (int[] entry : entries) {
      list.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
    }
    return list.array();
  }

  /** CAP_NET_RAW of a file, for a namespace whose root is the user (linux/capability.h). */
  private static byte[] capability(int revision, int root) {
    return ByteBuffer.allocate(24)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(revision)
        .putInt(1 << 13)
        .putInt(20, root)
        .array();
  }

  @Test
  void fileOfAnotherOwnerThanTheContainersIsNamed() throws Exception {
    StoredImage base = base();
    Path upper = written(base, "echo a >a");
    assertThatThrownBy(
            () ->
                new ImageCommitter(fixture.store)
                    .commit(
                        new Source(base.id(), upper, new OwnerMap(70_000, 80_000, 65_536)),
                        named("user:1"),
                        ImageCommitter.Work::run))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("/a its user 0 is none of the container's");
    assertThat(unfinished()).isEmpty();
    assertThat(fixture.store.find("user:1")).isEmpty();
  }

  @Test
  void socketIsLeftOutAndAMarkThatAFileHasIsRefused() throws Exception {
    StoredImage base = base();
    Path upper = written(base, "true");
    run(
        "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local=>shift, Listen=>1)' "
            + upper.resolve("s"));
    assertThat(Files.exists(upper.resolve("s"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    StoredImage made = commit(base, upper, named("socket:1"));
    assertThat(shown(made, "ls")).doesNotContain("s\n");
    Files.writeString(upper.resolve(".wh.file"), "");
    assertThatThrownBy(() -> commit(base, upper, named("mark:1")))
        .hasMessageContaining("/.wh.file has a name that means a deleted file");
  }

  // ── documents ──────────────────────────────────────────────────────────────────────────────

  @Test
  void changesAuthorAndHistoryAreInTheConfiguration() throws Exception {
    StoredImage base = base();
    StoredImage made =
        commit(
            base,
            written(base, "echo x >x"),
            named("made:1", "CMD [\"a\", \"b\"]", "ENV A=\"1 2\" PATH=$PATH:/x", "USER 7"));
    JsonNode json = configuration(made);
    assertThat(json.path("config").path("Cmd").toString()).isEqualTo("[\"a\",\"b\"]");
    assertThat(json.path("config").path("Env").toString())
        .isEqualTo("[\"PATH=/bin:/x\",\"A=1 2\"]");
    assertThat(made.config().user()).isEqualTo("7");
    assertThat(json.path("author").textValue()).isEqualTo("me <me@example>");
    // The base has one layer and tells no history of it.
    assertThat(json.path("history")).hasSize(2);
    JsonNode last = json.path("history").get(1);
    assertThat(last.path("created_by").textValue()).isEqualTo("sh -c x");
    assertThat(last.path("comment").textValue()).isEqualTo("why");
    assertThat(last.path("created").textValue()).isEqualTo(json.path("created").textValue());
    assertThat(json.path("rootfs").path("diff_ids")).hasSize(2);
  }

  @Test
  void wrongChangeIsFoundBeforeTheContainerStandsStill() throws Exception {
    StoredImage base = base();
    Path upper = written(base, "echo x >x");
    assertThatThrownBy(
            () ->
                new ImageCommitter(fixture.store)
                    .commit(
                        new Source(base.id(), upper, OwnerMap.SAME),
                        named("made:1", "RUN x"),
                        _ -> {
                          throw new AssertionError("the container stood still");
                        }))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContaining("change \"RUN x\"");
  }

  @Test
  void dockerImageStaysOneOfDockersTypes() throws Exception {
    StoredImage base =
        pulled(TestImage.of().docker().gzip(new TestTar().file("a", "a").bytes()).build());
    StoredImage made = commit(base, written(base, "echo x >x"), named("made:1"));
    try (Pin pin = fixture.store.pin()) {
      ImageRecord record = fixture.store.pinned(made.id(), pin);
      JsonNode manifest =
          new ObjectMapper()
              .readTree(
                  fixture
                      .store
                      .content()
                      .read(Digest.parse(record.documents().iterator().next()), 100_000));
      assertThat(manifest.path("mediaType").textValue())
          .isEqualTo("application/vnd.docker.distribution.manifest.v2+json");
      assertThat(manifest.path("layers").get(1).path("mediaType").textValue())
          .isEqualTo("application/vnd.docker.image.rootfs.diff.tar.gzip");
    }
  }

  @Test
  void commitOfACommitHasAllLayers() throws Exception {
    StoredImage base = base();
    StoredImage first = commit(base, written(base, "echo 1 >one"), named("first:1"));
    run("rm -rf " + temporary.resolve("c"));
    StoredImage second = commit(first, written(first, "echo 2 >two; rm one"), named("second:1"));
    assertThat(shown(second, "ls")).isEqualTo("dir\nfile\nreplaced\ntwo\n");
    fixture.store.remove(base.id());
    fixture.store.remove(first.id());
    assertThat(shown(second, "cat dir/kept")).isEqualTo("kept");
  }

  @Test
  void imageWithoutANameIsFoundById() throws Exception {
    StoredImage base = base();
    StoredImage made =
        commit(
            base,
            written(base, "echo x >x"),
            new Description(Optional.empty(), "", "", "", List.of()));
    assertThat(made.repoTags()).isEmpty();
    assertThat(fixture.store.find(made.id())).isPresent();
  }

  @Test
  void interruptLeavesNothing() throws Exception {
    StoredImage base = base();
    Path upper = written(base, "mkdir d; echo x >d/x");
    var work =
        PullFixture.start(
            () -> {
              Thread.currentThread().interrupt();
              return commit(base, upper, named("made:1"));
            });
    assertThatThrownBy(work::get).hasRootCauseInstanceOf(java.io.InterruptedIOException.class);
    assertThat(unfinished()).isEmpty();
    assertThat(fixture.store.find("made:1")).isEmpty();
    assertThat(fixture.store.list()).hasSize(1);
  }
}
