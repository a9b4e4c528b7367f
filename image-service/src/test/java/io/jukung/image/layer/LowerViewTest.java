package io.jukung.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.tar.TestTar;
import io.jukung.linux.fs.HostFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What is seen of the layers below, and how many of them are looked at. Needs root. */
@ParameterizedClass
@EnumSource(LayerFormat.class)
class LowerViewTest {
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @Parameter
  LayerFormat format;

  @TempDir Path temporary;
  private LayerFixture layers;
  private final List<Integer> opened = new ArrayList<>();

  @BeforeEach
  void open() throws Exception {
    layers = new LayerFixture(temporary, format);
  }

  private LowerView view(TestTar... bottomFirst) throws Exception {
    byte[][] tars = new byte[bottomFirst.length][];
    for (int i = 0; i < tars.length; i++) {
      tars[i] = bottomFirst[i].bytes();
    }
    List<Path> topFirst = layers.unpackAll(tars);
    List<LowerTree> trees = new ArrayList<>();
    for (int i = 0; i < topFirst.size(); i++) {
      int index = i;
      trees.add(
          () -> {
            opened.add(index);
            return HostFile.openDirectory(topFirst.get(index));
          });
    }
    opened.clear();
    return new LowerView(trees);
  }

  private static TestTar[] many(int count) {
    TestTar[] all = new TestTar[count];
    for (int i = 0; i < count; i++) {
      all[i] = new TestTar().directory("etc", 0700 + i).file("etc/file" + i, "x");
    }
    return all;
  }

  @Test
  void onlyTheTopmostLayerIsOpenedForTheRootAndForADirectoryThatItHas() throws Exception {
    LowerView view = view(many(20));
    assertThat(view.directory("")).isPresent();
    assertThat(view.directory("etc").orElseThrow().mode()).isEqualTo(0700 + 19);
    assertThat(opened).containsExactly(0, 0);
  }

  @Test
  void layersAreOpenedFromTheTopDownToTheNamesLayer() throws Exception {
    LowerView view = view(many(20));
    assertThat(view.exists("etc/file16")).isTrue();
    assertThat(opened).containsExactly(0, 1, 2, 3);
    assertThat(view.exists("etc/none")).isFalse();
  }

  @Test
  void whiteoutsFilesAndOpaqueDirectoriesHideNamesBelow() throws Exception {
    LowerView view =
        view(
            new TestTar().directory("a").file("a/x", "").directory("b").file("b/x", ""),
            new TestTar().directory("c").file("c/x", "").directory("d").file("d/x", ""),
            new TestTar().file(".wh.a", "").file("b", "").file("c/.wh..wh..opq", ""));
    assertThat(view.exists("a")).isFalse();
    assertThat(view.exists("a/x")).isFalse();
    assertThat(view.directory("a")).isEmpty();
    assertThat(view.exists("b")).isTrue();
    assertThat(view.directory("b")).isEmpty();
    assertThat(view.exists("b/x")).isFalse();
    assertThat(view.exists("c/x")).isFalse();
    assertThat(view.exists("d/x")).isTrue();
    assertThat(opened).endsWith(0, 1);
  }

  @Test
  void opaqueRootHidesAllLayersBelow() throws Exception {
    LowerView view =
        view(
            new TestTar().directory("a").file("a/x", ""),
            new TestTar().file(".wh..wh..opq", "").file("b", ""));
    assertThat(view.exists("a/x")).isFalse();
    assertThat(view.exists("b")).isTrue();
    assertThat(opened).doesNotContain(1);
  }
}
