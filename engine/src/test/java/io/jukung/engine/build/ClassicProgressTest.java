package io.jukung.engine.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuildWarning;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepBegun;
import io.jukung.client.v1.StepDone;
import io.jukung.client.v1.StepFailed;
import io.jukung.client.v1.StepOutput;
import io.jukung.engine.http.Router;
import io.jukung.engine.http.ServedRoutes;
import io.jukung.engine.image.ProgressStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a client reads of a build, over real HTTP. */
@Timeout(20)
class ClassicProgressTest {
  private static final String ID = "sha256:0123456789abcdef";

  @TempDir private Path directory;

  private String shown(boolean quiet, BuildProgress... messages) throws Exception {
    Router router =
        new Router()
            .get(
                "/shown",
                exchange -> {
                  ClassicProgress progress =
                      new ClassicProgress(new ProgressStream(exchange), quiet);
                  for (BuildProgress each : messages) {
                    progress.show(each);
                  }
                });
    try (ServedRoutes server = ServedRoutes.on(directory.resolve("s" + quiet), router)) {
      try (SocketChannel client = server.connect()) {
        client.write(ByteBuffer.wrap("GET /shown HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8)));
        String answer = new String(Channels.newInputStream(client).readAllBytes(), UTF_8);
        return String.join("\n", answer.lines().filter(line -> line.startsWith("{")).toList());
      }
    }
  }

  private static BuildProgress begun(int step, String name) {
    return BuildProgress.newBuilder()
        .setBegun(StepBegun.newBuilder().setStep(step).setName(name))
        .build();
  }

  private static BuildProgress output(int step, String text) {
    return output(step, ByteString.copyFromUtf8(text));
  }

  private static BuildProgress output(int step, ByteString bytes) {
    return BuildProgress.newBuilder()
        .setOutput(StepOutput.newBuilder().setStep(step).setData(bytes))
        .build();
  }

  private static BuildProgress done(int step, boolean cached) {
    return BuildProgress.newBuilder()
        .setDone(StepDone.newBuilder().setStep(step).setCached(cached))
        .build();
  }

  private static final BuildProgress BUILT =
      BuildProgress.newBuilder()
          .setBuilt(
              BuiltImage.newBuilder()
                  .setImageId(ID)
                  .addAllNames(List.of("docker.io/library/a:1", "localhost/b:2")))
          .build();

  @Test
  void stepsAreToldInTheWordsOfTheClassicBuilder() throws Exception {
    String all =
        shown(
            false,
            begun(1, "[internal] load build context"),
            done(1, false),
            begun(2, "[1/2] FROM busybox"),
            done(2, false),
            begun(3, "[2/2] RUN make"),
            done(3, true),
            BuildProgress.newBuilder().setWarning(BuildWarning.newBuilder().setText("w")).build(),
            BUILT);
    assertThat(all)
        .isEqualTo(
            """
            {"stream":"Step 1/2 : FROM busybox\\n"}
            {"stream":"Step 2/2 : RUN make\\n"}
            {"stream":" ---> Using cache\\n"}
            {"stream":"[Warning] w\\n"}
            {"aux":{"ID":"sha256:0123456789abcdef"}}
            {"stream":" ---> 0123456789ab\\n"}
            {"stream":"Successfully built 0123456789ab\\n"}
            {"stream":"Successfully tagged a:1\\n"}
            {"stream":"Successfully tagged localhost/b:2\\n"}\
            """);
  }

  @Test
  void stepIsNamedAgainWhenItsOutputGoesOnAfterAnotherStep() throws Exception {
    String all =
        shown(
            false,
            begun(1, "[one 2/2] RUN a"),
            output(1, "no end"),
            begun(2, "[two 2/2] RUN b"),
            output(2, "b\n"),
            output(1, "a\n"));
    assertThat(all)
        .isEqualTo(
            """
            {"stream":"Step 2/2 : RUN a\\n"}
            {"stream":"no end"}
            {"stream":"\\n"}
            {"stream":"Step 2/2 : RUN b\\n"}
            {"stream":"b\\n"}
            {"stream":"Step 2/2 : RUN a\\n"}
            {"stream":"a\\n"}\
            """);
  }

  @Test
  void characterMayBeginInOnePieceOfAStepsOutputAndEndInTheNext() throws Exception {
    ByteString euro = ByteString.copyFromUtf8("\u20ac\n");
    String all =
        shown(
            false,
            begun(1, "[1/1] RUN x"),
            output(1, euro.substring(0, 1)),
            output(1, euro.substring(1)),
            output(1, euro.substring(0, 2)),
            done(1, false));
    assertThat(all)
        .isEqualTo(
            """
            {"stream":"Step 1/1 : RUN x\\n"}
            {"stream":"\u20ac\\n"}
            {"stream":"\ufffd"}\
            """);
  }

  @Test
  void quietBuildTellsTheIdAlone() throws Exception {
    String all = shown(true, begun(1, "[1/1] FROM scratch"), output(1, "x"), done(1, true), BUILT);
    assertThat(all).isEqualTo("{\"aux\":{\"ID\":\"" + ID + "\"}}\n{\"stream\":\"" + ID + "\\n\"}");
  }

  @Test
  void failureIsRememberedForTheEndOfTheCall() throws Exception {
    String all =
        shown(
            false,
            begun(1, "[1/1] RUN x"),
            BuildProgress.newBuilder().setFailed(StepFailed.newBuilder().setExitCode(3)).build());
    assertThat(all).isEqualTo("{\"stream\":\"Step 1/1 : RUN x\\n\"}");
  }
}
