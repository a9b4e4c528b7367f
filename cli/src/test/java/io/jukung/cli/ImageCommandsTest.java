package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.client.v1.CommitRequest;
import io.jukung.client.v1.ExportRequest;
import io.jukung.client.v1.ImportRequest;
import io.jukung.client.v1.LoginRequest;
import io.jukung.client.v1.PullRequest;
import io.jukung.client.v1.PushRequest;
import io.jukung.client.v1.TagRequest;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.PullImageRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands about images, registries and the image store. */
class ImageCommandsTest extends CommandHarness {
  @Test
  void pullWritesLinesToAPipe() {
    assertThat(jukung("pull", "busybox")).isZero();

    assertThat(out).hasToString("sha256:pulled\n");
    assertThat(err)
        .hasToString(
            """
            aaaaaaaaaaaa: downloading 1MB
            aaaaaaaaaaaa: done
            """);
  }

  @Test
  void pullDrawsBarsOnATerminal() {
    interactive = true;

    assertThat(jukung("pull", "busybox")).isZero();

    assertThat(err.toString(UTF_8))
        .startsWith(
            """
            aaaaaaaaaaaa [====================>                   ] 500kB/1MB\u001b[K
            bbbbbbbbbbbb waiting\u001b[K
            """)
        .contains("\u001b[2Aaaaaaaaaaaaa done\u001b[K\n");
  }

  @Test
  void quietPullPrintsOnlyTheId() {
    assertThat(jukung("pull", "-q", "busybox")).isZero();

    assertThat(out).hasToString("sha256:pulled\n");
    assertThat(err).hasToString("");
  }

  @Test
  void pullWorksOnARuntimeThatIsNotJukung() {
    cri.knowsJukung = false;

    assertThat(jukung("pull", "busybox")).isZero();

    assertThat(out).hasToString("sha256:pulled\n");
    assertThat(cri.requests(PullImageRequest.class)).hasSize(1);
  }

  @Test
  void pullTakesThePasswordFromStandardInput() {
    input = "hunter2\n";

    assertThat(jukung("pull", "-u", "joe", "--password-stdin", "busybox")).isZero();

    var auth = cri.requests(PullRequest.class).getFirst().getAuth();
    assertThat(auth.getUsername()).isEqualTo("joe");
    assertThat(auth.getPassword()).isEqualTo("hunter2");
  }

  @Test
  void pullExplainPrintsHostsWithReasonsAndPullsNothing() {
    assertThat(jukung("pull", "--explain", "busybox")).isZero();

    assertThat(out)
        .hasToString(
            """
            docker.io/library/busybox:latest
            1. https://mirror/v2
               asked for: content by digest
               because of: hosts.toml:3 [host."https://mirror"]
               no credentials: it is not the registry itself
            2. https://registry-1.docker.io/v2
               asked for: everything
               because of: the registry itself
            """);
    assertThat(cri.requests(PullRequest.class))
        .singleElement()
        .satisfies(request -> assertThat(request.getImage().getImage()).isEqualTo("busybox"));
  }

  @Test
  void pullPrintsAFailureAsOneSentence() {
    cri.failOn(
        PullRequest.class,
        Status.NOT_FOUND.withDescription("pull busybox from docker.io: no such image"));

    assertThat(jukung("pull", "busybox")).isEqualTo(1);

    assertThat(err).hasToString("jukung: pull busybox from docker.io: no such image\n");
    assertThat(out).hasToString("");
  }

  @Test
  void pushWritesLinesToAPipeAndPrintsTheDigest() {
    assertThat(jukung("push", "busybox:1")).isZero();

    assertThat(out).hasToString("docker.io/library/busybox:1: digest: sha256:pushed size: 528\n");
    assertThat(err)
        .hasToString(
            """
            aaaaaaaaaaaa: uploading 1MB
            aaaaaaaaaaaa: uploaded
            bbbbbbbbbbbb: already there
            """);
  }

  @Test
  void quietPushPrintsTheCompleteNameOnly() {
    assertThat(jukung("push", "-q", "--all-platforms", "busybox:1")).isZero();

    assertThat(out).hasToString("docker.io/library/busybox:1\n");
    assertThat(err).hasToString("");
    assertThat(cri.requests(PushRequest.class).getFirst().getAllPlatforms()).isTrue();
  }

  @Test
  void pushPrintsAFailureAsOneSentence() {
    cri.failOn(
        PushRequest.class,
        Status.UNAVAILABLE.withDescription("push a/b:1: layer sha256:0: a: HTTP 500"));

    assertThat(jukung("push", "a/b:1")).isEqualTo(1);

    assertThat(err).hasToString("jukung: push a/b:1: layer sha256:0: a: HTTP 500\n");
  }

  @Test
  void commitSendsTheContainersIdAndTheChanges() {
    String pod = cri.addPod("web", Map.of());
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(
            jukung("commit", "-m", "why", "-a", "me", "-c", "CMD a", "-c", "ENV A=1", "web", "x:1"))
        .isZero();
    assertThat(jukung("commit", "--no-pause", id.substring(0, 60))).isZero();

    assertThat(out).hasToString("sha256:made\nsha256:made\n");
    CommitRequest first = cri.requests(CommitRequest.class).getFirst();
    assertThat(first.getContainerId()).isEqualTo(id);
    assertThat(first.getName()).isEqualTo("x:1");
    assertThat(first.getMessage()).isEqualTo("why");
    assertThat(first.getAuthor()).isEqualTo("me");
    assertThat(first.getChangesList()).containsExactly("CMD a", "ENV A=1");
    assertThat(first.getNoPause()).isFalse();
    CommitRequest second = cri.requests(CommitRequest.class).getLast();
    assertThat(second.getContainerId()).isEqualTo(id);
    assertThat(second.getName()).isEmpty();
    assertThat(second.getNoPause()).isTrue();
  }

  @Test
  void historyListsTheStepsWithTheImagesIdAtTheLatest() {
    assertThat(jukung("history", "busybox")).isZero();

    assertThat(out.toString(UTF_8).lines().map(line -> line.replaceAll(" {2,}", "|")))
        .containsExactly(
            "IMAGE|CREATED|CREATED BY|SIZE|COMMENT",
            "0123456789ab|5 minutes ago|RUN make install with all the options that t…|1.5MB|why",
            "<missing>|N/A|CMD [\"sh\"]|0B");
  }

  @Test
  void historyWithoutTruncationPrintsWholeCommands() {
    assertThat(jukung("history", "--no-trunc", "busybox")).isZero();
    assertThat(jukung("history", "-q", "busybox")).isZero();

    assertThat(out.toString(UTF_8))
        .contains("sha256:0123456789abcdef ")
        .contains("RUN make install with all the options that there are")
        .endsWith("sha256:0123456789abcdef\n<missing>\n");
  }

  @Test
  void loadSaysWhatItHasLoaded() throws Exception {
    Path archive = Files.writeString(directory.resolve("a.tar"), "archive");

    assertThat(jukung("load", "-i", archive.toString())).isZero();
    input = "archive";
    assertThat(jukung("load", "-q")).isZero();

    assertThat(out).hasToString("Loaded image: a:1\nLoaded image ID: sha256:2\n");
    assertThat(cri.importedContent()).isEqualTo("archive");
  }

  @Test
  void saveWritesToTheFileOrToStandardOutput() throws Exception {
    cri.addImage("sha256:1", "busybox:1");
    Path target = directory.resolve("out.tar");

    assertThat(jukung("save", "-o", target.toString(), "busybox:1")).isZero();
    assertThat(out).hasToString("");
    assertThat(jukung("save", "busybox:1")).isZero();

    assertThat(cri.requests(ExportRequest.class).getFirst().getPath()).isEqualTo(target.toString());
    assertThat(out.toString(UTF_8)).isEqualTo("exported");
    Path copy = Path.of(cri.requests(ExportRequest.class).getLast().getPath());
    assertThat(copy.getParent()).doesNotExist();
  }

  @Test
  void imagePruneRemovesWhatNoContainerUses() {
    cri.addImage("sha256:1");
    cri.addImage("sha256:2", "tagged:1");
    cri.addImage("sha256:3", "used:1");
    cri.addContainer(
        cri.addPod("web", Map.of()),
        container("web", ContainerState.CONTAINER_EXITED).setImageId("sha256:3"));

    assertThat(jukung("image", "prune", "-f")).isZero();
    assertThat(cri.images.keySet()).containsExactly("sha256:2", "sha256:3");
    assertThat(out.toString(UTF_8)).startsWith("deleted: sha256:1\nTotal reclaimed space: ");

    input = "n\n";
    assertThat(jukung("image", "prune", "-a")).isEqualTo(1);
    assertThat(cri.images).hasSize(2);
    input = "y\n";
    assertThat(jukung("image", "prune", "-a")).isZero();
    assertThat(cri.images.keySet()).containsExactly("sha256:3");
  }

  @ParameterizedTest
  @CsvSource({
    "dangling=true, sha256:1",
    "dangling=false, sha256:2 sha256:3",
    "reference=busybox, sha256:2",
    "reference=busy*:1*, sha256:2",
    "reference=docker.io/*/busybox, sha256:2",
    "reference=*/busybox, ''",
    "reference=x.y/team/*, sha256:3",
    "reference=x.y/*, ''",
  })
  void imagesAreListedByAFilter(String filter, String ids) {
    cri.addImage("sha256:1");
    cri.addImage("sha256:2", "docker.io/library/busybox:1.36");
    cri.addImage("sha256:3", "x.y/team/app:1");

    assertThat(jukung("images", "-q", "--filter", filter)).isZero();

    assertThat(out.toString(UTF_8).strip().replace("\n", " ")).isEqualTo(ids);
  }

  @Test
  void unknownFilterOfImagesIsRefused() {
    assertThat(jukung("images", "--filter", "size=3")).isEqualTo(125);
    assertThat(err.toString(UTF_8))
        .contains("the keys are before, dangling, label, label!, reference, since, until");
    assertThat(jukung("images", "--filter", "dangling=x")).isEqualTo(125);
  }

  @Test
  void imagesWithoutTruncationHaveWholeIds() {
    cri.addImage("sha256:0123456789abcdef", "a:1");
    assertThat(jukung("images", "--no-trunc")).isZero();
    assertThat(out.toString(UTF_8)).contains("sha256:0123456789abcdef");
  }

  @Test
  void loginSendsThePasswordOfStandardInputAndTheFile() {
    input = "hunter2\n";

    assertThat(
            jukung("login", "-u", "joe", "--password-stdin", "--authfile", "/root/a.json", "x.y"))
        .isZero();

    assertThat(out).hasToString("Login Succeeded: kept in /root/a.json\n");
    assertThat(err).hasToString("");
    var request = cri.requests(LoginRequest.class).getFirst();
    assertThat(request.getServer()).isEqualTo("x.y");
    assertThat(request.getAuth().getUsername()).isEqualTo("joe");
    assertThat(request.getAuth().getPassword()).isEqualTo("hunter2");
  }

  @Test
  void loginSaysThatPullsDoNotReadTheFile() {
    input = "hunter2\n";

    assertThat(jukung("login", "-u", "joe", "--password-stdin", "--authfile", "/x/a.json"))
        .isZero();

    assertThat(err.toString(UTF_8)).contains("does not look for credentials in /x/a.json");
  }

  @Test
  void loginNeedsUserAndPassword() {
    assertThat(jukung("login", "x.y")).isEqualTo(125);
    assertThat(jukung("login", "-u", "joe", "x.y")).isEqualTo(125);
    assertThat(cri.requests(LoginRequest.class)).isEmpty();
  }

  @Test
  void logoutSaysWhetherThereWasALogin() {
    assertThat(jukung("logout", "--authfile", "/x", "known.example")).isZero();
    assertThat(jukung("logout", "--authfile", "/x", "other.example")).isZero();

    assertThat(out)
        .hasToString("Removed the login for known.example\nNot logged in to other.example\n");
  }

  @Test
  void importSendsTheAbsolutePathAndPrintsNames() throws Exception {
    Path archive = Files.writeString(directory.resolve("image.tar"), "x");

    assertThat(jukung("import", "-t", "mine:1", archive.toString())).isZero();

    assertThat(cri.requests(ImportRequest.class))
        .containsExactly(
            ImportRequest.newBuilder().setPath(archive.toString()).setReference("mine:1").build());
    assertThat(out).hasToString("a:1\nsha256:2\n");
  }

  @Test
  void kindLoadsImagesThroughCtr() {
    input = "archive";

    assertThat(
            jukung(
                "ctr",
                "--namespace=k8s.io",
                "images",
                "import",
                "--all-platforms",
                "--digests",
                "--snapshotter=overlayfs",
                "-"))
        .isZero();

    ImportRequest request = cri.requests(ImportRequest.class).getFirst();
    assertThat(cri.importedContent()).isEqualTo("archive");
    assertThat(Path.of(request.getPath())).as("the copy of standard input").doesNotExist();
    assertThat(request.getPin()).isFalse();
    assertThat(out).hasToString("a:1\nsha256:2\n");
  }

  @Test
  void kindBuildsItsNodeImageThroughCtr() {
    assertThat(
            jukung(
                "ctr",
                "--namespace=k8s.io",
                "images",
                "import",
                "--label=io.cri-containerd.pinned=pinned",
                "--all-platforms",
                "--no-unpack",
                "--digests",
                "-"))
        .isZero();
    assertThat(jukung("ctr", "--namespace=k8s.io", "images", "tag", "--force", "a:1", "b:2"))
        .isZero();
    assertThat(jukung("ctr", "-n", "k8s.io", "images", "list", "-q")).isZero();

    assertThat(cri.requests(ImportRequest.class).getFirst().getPin()).isTrue();
    assertThat(cri.requests(TagRequest.class))
        .containsExactly(TagRequest.newBuilder().setImage("a:1").setTag("b:2").build());
  }

  @Test
  void kindPullsAndAsksWhetherTheDaemonAnswersThroughCtr() {
    assertThat(jukung("ctr", "info")).isZero();
    assertThat(out.toString(UTF_8)).startsWith("{\"server\": {\"name\": \"");
    assertThat(
            jukung("ctr", "--namespace=k8s.io", "content", "fetch", "--platform=linux/arm", "a:1"))
        .isZero();
    assertThat(cri.requests(PullRequest.class))
        .extracting(PullRequest::getPlatform)
        .containsExactly("linux/arm");
    assertThat(jukung("ctr", "content", "fetch", "a:1")).isNotZero();
    assertThat(err.toString(UTF_8)).contains("there is no namespace default, only k8s.io");
  }

  @Test
  void ctrRefusesUnknownOptionsAndValuesByName() {
    for (List<String> line :
        List.of(
            List.of("-n", "k8s.io", "images", "import", "--frobnicate", "-"),
            List.of("-n", "moby", "images", "import", "-"),
            List.of("-n", "k8s.io", "images", "import", "--snapshotter=stargz", "-"),
            List.of("-n", "k8s.io", "images", "import", "--label=a=b", "-"))) {
      err.reset();
      List<String> all = new ArrayList<>(List.of("ctr"));
      all.addAll(line);
      assertThat(jukung(all.toArray(String[]::new))).isNotZero();
      assertThat(err.toString(UTF_8)).startsWith("jukung: ").hasLineCount(1);
      assertThat(err.toString(UTF_8)).containsAnyOf("--frobnicate", "moby", "stargz", "--label");
    }
    assertThat(cri.requests(ImportRequest.class)).isEmpty();
  }

  @Test
  void exportSendsTheAbsolutePath() {
    Path file = directory.resolve("out.tar");

    assertThat(jukung("export", "--docker", "-f", file.toString(), "a:1", "b:2")).isZero();

    assertThat(cri.requests(ExportRequest.class))
        .containsExactly(
            ExportRequest.newBuilder()
                .addImages("a:1")
                .addImages("b:2")
                .setPath(file.toString())
                .setFormat(ExportRequest.Format.DOCKER_ARCHIVE)
                .build());
  }

  @Test
  void fsckFailsWhileSomethingIsWrong() {
    assertThat(jukung("fsck", "--dry-run")).isEqualTo(1);
    assertThat(jukung("fsck")).isZero();

    assertThat(out)
        .hasToString(
            "layer sha256:1 is missing: not repaired\nlayer sha256:1 is missing: unpacked again\n");
    assertThat(err).hasToString("jukung: 1 found, 0 repaired\njukung: 1 found, 1 repaired\n");
  }

  @Test
  void fsckSaysThatNothingIsWrong() {
    cri.damaged = false;

    assertThat(jukung("fsck")).isZero();

    assertThat(out.toString(UTF_8)).as("problems").isEmpty();
    assertThat(err)
        .hasToString(
            "jukung: the image store is in order, and nothing is left of pods that are gone\n");
  }

  @Test
  void importOfAMissingFileDoesNotAskTheDaemon() {
    assertThat(jukung("import", "/no/such/file.tar")).isEqualTo(1);

    assertThat(err).hasToString("jukung: no such file: /no/such/file.tar\n");
    assertThat(cri.requests(ImportRequest.class)).isEmpty();
  }
}
