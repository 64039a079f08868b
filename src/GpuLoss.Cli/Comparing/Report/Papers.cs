namespace GpuLoss.Cli.Comparing.Report;

/// <summary>What a thesis that shows a comparison should cite, as BibTeX.</summary>
internal static class Papers
{
    public const string Network = "cicek2016unet3d", Optimizer = "loshchilov2019adamw", Correction = "holm1979",
        Colin27 = "holmes1998colin", Atlas = "tzourio2002aal", Program = "gpuloss";

    /// <summary>The papers behind the losses, by the names the command line gives them.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> OfLosses { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        ["ce"] = ["ronneberger2015unet"],
        ["wce"] = [Network],
        ["dice"] = ["drozdzal2016skip"],
        ["dice-nobg"] = ["drozdzal2016skip"],
        ["dice-squared"] = ["milletari2016vnet"],
        ["gdl"] = ["sudre2017gdl"],
        ["dice+ce"] = ["isensee2021nnunet"],
        ["focal"] = ["lin2017focal"],
        ["tversky"] = ["salehi2017tversky"],
        ["poly1"] = ["leng2022polyloss"],
        ["unified-focal"] = ["yeung2022unified"],
        ["unified-focal-sym"] = ["yeung2022unified"],
        ["mcc"] = ["abhishek2021mcc"],
        ["wasserstein"] = ["fidon2017wasserstein"],
        ["dice+boundary"] = ["kervadec2019boundary"],
        ["dice+hausdorff"] = ["karimi2020hausdorff"],
        ["lovasz"] = ["berman2018lovasz"],
        ["dice+cldice"] = ["shit2021cldice"],
        ["blob"] = ["kofler2023blob"],
    };

    /// <summary>The entries by their keys.</summary>
    public static IReadOnlyDictionary<string, string> Entries { get; } = new[]
    {
        Entry(
            "inproceedings", "ronneberger2015unet", "Ronneberger, Olaf and Fischer, Philipp and Brox, Thomas",
            "{U-Net}: Convolutional Networks for Biomedical Image Segmentation", "booktitle = {MICCAI}", "pages = {234--241}",
            "year = {2015}", "doi = {10.1007/978-3-319-24574-4_28}"),
        Entry(
            "inproceedings", Network,
            @"{\c{C}}i{\c{c}}ek, {\""O}zg{\""u}n and Abdulkadir, Ahmed and Lienkamp, Soeren S. and Brox, Thomas and Ronneberger, Olaf",
            "{3D U-Net}: Learning Dense Volumetric Segmentation from Sparse Annotation", "booktitle = {MICCAI}", "pages = {424--432}",
            "year = {2016}", "doi = {10.1007/978-3-319-46723-8_49}"),
        Entry(
            "inproceedings", "drozdzal2016skip",
            "Drozdzal, Michal and Vorontsov, Eugene and Chartrand, Gabriel and Kadoury, Samuel and Pal, Chris",
            "The Importance of Skip Connections in Biomedical Image Segmentation", "booktitle = {DLMIA}", "pages = {179--187}",
            "year = {2016}", "doi = {10.1007/978-3-319-46976-8_19}"),
        Entry(
            "inproceedings", "milletari2016vnet", "Milletari, Fausto and Navab, Nassir and Ahmadi, Seyed-Ahmad",
            "{V-Net}: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation", "booktitle = {3DV}",
            "pages = {565--571}", "year = {2016}", "doi = {10.1109/3DV.2016.79}"),
        Entry(
            "inproceedings", "sudre2017gdl",
            "Sudre, Carole H. and Li, Wenqi and Vercauteren, Tom and Ourselin, S{\\'e}bastien and Cardoso, M. Jorge",
            "Generalised {Dice} Overlap as a Deep Learning Loss Function for Highly Unbalanced Segmentations", "booktitle = {DLMIA}",
            "pages = {240--248}", "year = {2017}",
            "doi = {10.1007/978-3-319-67558-9_28}"),
        Entry(
            "inproceedings", "lin2017focal", "Lin, Tsung-Yi and Goyal, Priya and Girshick, Ross and He, Kaiming and Doll{\\'a}r, Piotr",
            "Focal Loss for Dense Object Detection", "booktitle = {ICCV}", "pages = {2999--3007}", "year = {2017}",
            "doi = {10.1109/ICCV.2017.324}"),
        Entry(
            "inproceedings", "salehi2017tversky", "Salehi, Seyed Sadegh Mohseni and Erdogmus, Deniz and Gholipour, Ali",
            "{Tversky} Loss Function for Image Segmentation Using {3D} Fully Convolutional Deep Networks", "booktitle = {MLMI}",
            "pages = {379--387}", "year = {2017}",
            "doi = {10.1007/978-3-319-67389-9_44}"),
        Entry(
            "inproceedings", "leng2022polyloss",
            "Leng, Zhaoqi and Tan, Mingxing and Liu, Chenxi and Cubuk, Ekin Dogus and Shi, Jay and Cheng, Shuyang and Anguelov, Dragomir",
            "{PolyLoss}: A Polynomial Expansion Perspective of Classification Loss Functions", "booktitle = {ICLR}", "year = {2022}"),
        Entry(
            "article", "yeung2022unified", @"Yeung, Michael and Sala, Evis and Sch{\""o}nlieb, Carola-Bibiane and Rundo, Leonardo",
            "Unified Focal Loss: Generalising {Dice} and Cross Entropy-Based Losses to Handle Class Imbalanced Medical Image Segmentation",
            "journal = {Computerized Medical Imaging and Graphics}", "volume = {95}", "pages = {102026}", "year = {2022}",
            "doi = {10.1016/j.compmedimag.2021.102026}"),
        Entry(
            "inproceedings", "abhishek2021mcc", "Abhishek, Kumar and Hamarneh, Ghassan",
            "{Matthews} Correlation Coefficient Loss for Deep Convolutional Networks: Application to Skin Lesion Segmentation",
            "booktitle = {ISBI}",
            "pages = {225--229}", "year = {2021}", "doi = {10.1109/ISBI48211.2021.9433782}"),
        Entry(
            "inproceedings", "fidon2017wasserstein",
            "Fidon, Lucas and Li, Wenqi and Garcia-Peraza-Herrera, Luis C. and Ekanayake, Jinendra and Kitchen, Neil and Ourselin, "
            + "S{\\'e}bastien and Vercauteren, Tom",
            "Generalised {Wasserstein} {Dice} Score for Imbalanced Multi-class Segmentation using Holistic Convolutional Networks",
            "booktitle = {BrainLes}",
            "pages = {64--76}", "year = {2017}"),
        Entry(
            "inproceedings", "kervadec2019boundary",
            "Kervadec, Hoel and Bouchtiba, Jihene and Desrosiers, Christian and Granger, Eric and Dolz, Jose and Ben Ayed, Ismail",
            "Boundary loss for highly unbalanced segmentation", "booktitle = {MIDL}", "pages = {285--296}", "year = {2019}"),
        Entry(
            "article", "karimi2020hausdorff", "Karimi, Davood and Salcudean, Septimiu E.",
            "Reducing the {Hausdorff} Distance in Medical Image Segmentation with Convolutional Neural Networks",
            "journal = {IEEE Transactions on Medical Imaging}", "volume = {39}", "pages = {499--513}", "year = {2020}"),
        Entry(
            "inproceedings", "berman2018lovasz", "Berman, Maxim and Rannen Triki, Amal and Blaschko, Matthew B.",
            "The {Lov{\\'a}sz-Softmax} Loss: A Tractable Surrogate for the Optimization of the Intersection-Over-Union Measure in Neural "
            + "Networks",
            "booktitle = {CVPR}", "pages = {4413--4421}", "year = {2018}"),
        Entry(
            "inproceedings", "shit2021cldice", "Shit, Suprosanna and Paetzold, Johannes C. and others",
            "{clDice}: A Novel Topology-Preserving Loss Function for Tubular Structure Segmentation", "booktitle = {CVPR}",
            "year = {2021}"),
        Entry(
            "inproceedings", "kofler2023blob", "Kofler, Florian and others",
            "blob loss: Instance Imbalance Aware Loss Functions for Semantic Segmentation", "booktitle = {IPMI}", "year = {2023}"),
        Entry(
            "article", "isensee2021nnunet",
            "Isensee, Fabian and Jaeger, Paul F. and Kohl, Simon A. A. and Petersen, Jens and Maier-Hein, Klaus H.",
            "{nnU-Net}: a self-configuring method for deep learning-based biomedical image segmentation", "journal = {Nature Methods}",
            "volume = {18}", "pages = {203--211}", "year = {2021}",
            "doi = {10.1038/s41592-020-01008-z}"),
        Entry("inproceedings", Optimizer, "Loshchilov, Ilya and Hutter, Frank", "Decoupled Weight Decay Regularization",
            "booktitle = {ICLR}", "year = {2019}"),
        Entry(
            "article", Correction, "Holm, Sture", "A Simple Sequentially Rejective Multiple Test Procedure",
            "journal = {Scandinavian Journal of Statistics}", "volume = {6}",
            "pages = {65--70}", "year = {1979}"),
        Entry(
            "article", Colin27,
            "Holmes, Colin J. and Hoge, Rick and Collins, Louis and Woods, Roger and Toga, Arthur W. and Evans, Alan C.",
            "Enhancement of {MR} Images Using Registration for Signal Averaging", "journal = {Journal of Computer Assisted Tomography}",
            "volume = {22}", "pages = {324--333}", "year = {1998}",
            "doi = {10.1097/00004728-199803000-00032}"),
        Entry(
            "article", Atlas,
            "Tzourio-Mazoyer, N. and Landeau, B. and Papathanassiou, D. and Crivello, F. and Etard, O. and Delcroix, N. and Mazoyer, B. "
            + "and Joliot, M.",
            "Automated Anatomical Labeling of Activations in {SPM} Using a Macroscopic Anatomical Parcellation of the {MNI} {MRI} "
            + "Single-Subject Brain",
            "journal = {NeuroImage}", "volume = {15}", "pages = {273--289}", "year = {2002}", "doi = {10.1006/nimg.2001.0978}"),
        Entry("misc", Program, "{The GpuLoss authors}", "{GpuLoss}: fused segmentation losses for {TorchSharp}",
            "note = {version @version}"),
    }.ToDictionary();

    private static KeyValuePair<string, string> Entry(string type, string key, string author, string title, params string[] fields) => new(
        key, $"@{type}{{{key},\n  {string.Join(",\n  ", (string[])[$"author = {{{author}}}", $"title = {{{title}}}", .. fields])}\n}}\n");
}
