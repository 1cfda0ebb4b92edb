"""An OME-TIFF whose OME-XML has something of all that the schema (2016-06) and our model know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from omero_server.formats.base import Array

__all__ = ["VALUES", "XML", "write_whole"]

VALUES: Array = np.arange(2 * 2 * 20 * 30, dtype=np.uint16).reshape(2, 2, 20, 30)
"""Image, channel, y, x."""

_NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def _image(number: int) -> str:
    planes = "".join(f'<TiffData FirstC="{c}" IFD="{2 * number + c}" PlaneCount="1"/>' for c in range(2))
    first = """
<LightSourceSettings ID="LightSource:0" Attenuation="0.25" Wavelength="489" WavelengthUnit="nm"/>
<DetectorSettings ID="Detector:0" Offset="1.5" Gain="2.5" Voltage="600" VoltageUnit="V" Zoom="2"
 ReadOutRate="10" ReadOutRateUnit="MHz" Binning="2x2" Integration="4"/>
<FilterSetRef ID="FilterSet:0"/>
<AnnotationRef ID="Annotation:comment"/>
<LightPath><ExcitationFilterRef ID="Filter:0"/><DichroicRef ID="Dichroic:0"/><EmissionFilterRef ID="Filter:1"/>
<EmissionFilterRef ID="Filter:0"/><AnnotationRef ID="Annotation:tag"/></LightPath>"""
    return f"""
<Image ID="Image:{number}" Name="field {number}"><AcquisitionDate>2020-01-02T03:04:05</AcquisitionDate>
<ExperimenterRef ID="Experimenter:0"/><Description>Of field {number}</Description>
<ExperimentRef ID="Experiment:0"/><InstrumentRef ID="Instrument:0"/>
<ObjectiveSettings ID="Objective:0" CorrectionCollar="0.2" Medium="Oil" RefractiveIndex="1.518"/>
<ImagingEnvironment Temperature="37" TemperatureUnit="°C" AirPressure="1000" AirPressureUnit="mbar" Humidity="0.4"
 CO2Percent="0.05"/>
<StageLabel Name="stage" X="1" XUnit="mm" Y="2" YUnit="mm" Z="3" ZUnit="mm"/>
<Pixels ID="Pixels:{number}" DimensionOrder="XYZCT" Type="uint16" SizeX="30" SizeY="20" SizeZ="1" SizeC="2" SizeT="1"
 SignificantBits="12" PhysicalSizeX="0.5" PhysicalSizeXUnit="µm" PhysicalSizeY="500" PhysicalSizeYUnit="nm"
 PhysicalSizeZ="2" PhysicalSizeZUnit="µm" TimeIncrement="3" TimeIncrementUnit="s">
<Channel ID="Channel:{number}:0" Name="GFP" SamplesPerPixel="1" IlluminationType="Epifluorescence" PinholeSize="50"
 PinholeSizeUnit="µm" AcquisitionMode="LaserScanningConfocalMicroscopy" ContrastMethod="Fluorescence"
 ExcitationWavelength="488" ExcitationWavelengthUnit="nm" EmissionWavelength="510" EmissionWavelengthUnit="nm"
 Fluor="eGFP" NDFilter="0.5" PockelCellSetting="3" Color="16711935">{first}</Channel>
<Channel ID="Channel:{number}:1" Name="Lamp" SamplesPerPixel="1" Color="-1">
<LightSourceSettings ID="LightSource:2"/></Channel>
{planes}
<Plane TheZ="0" TheT="0" TheC="0" DeltaT="1" DeltaTUnit="s" ExposureTime="20" ExposureTimeUnit="ms" PositionX="1"
 PositionXUnit="µm" PositionY="2" PositionYUnit="µm" PositionZ="3" PositionZUnit="µm"/>
<Plane TheZ="0" TheT="0" TheC="1" ExposureTime="30" ExposureTimeUnit="ms"/>
</Pixels><ROIRef ID="ROI:{number}"/><AnnotationRef ID="Annotation:tag"/><AnnotationRef ID="Annotation:map"/>
{'<AnnotationRef ID="Annotation:long"/><AnnotationRef ID="Annotation:xml"/>' if number == 0 else ""}</Image>"""


def _roi(number: int) -> str:
    mask = "gAEC" * 2  # 48 bits
    return f"""
<ROI ID="ROI:{number}" Name="region {number}"><Union>
<Ellipse ID="Shape:{number}:0" X="10" Y="9" RadiusX="4" RadiusY="3" FillColor="255" FillRule="EvenOdd"
 StrokeColor="-16776961" StrokeWidth="2" StrokeWidthUnit="pixel" StrokeDashArray="1 2" Text="nucleus" TheZ="0" TheT="0"
 TheC="1" FontFamily="serif" FontSize="9" FontSizeUnit="pt" FontStyle="Bold" Locked="true">
<Transform A00="1" A10="0.5" A01="0" A11="2" A02="3" A12="4"/><AnnotationRef ID="Annotation:comment"/></Ellipse>
<Mask ID="Shape:{number}:1" X="3" Y="4" Width="8" Height="6">
<BinData BigEndian="true" Length="{len(mask)}">{mask}</BinData></Mask>
<Polygon ID="Shape:{number}:2" Points="1,2 10,2 10,9"/>
</Union><AnnotationRef ID="Annotation:double"/><Description>About the region</Description></ROI>"""


_MADE = 'Manufacturer="Maker" Model="M1" SerialNumber="S1" LotNumber="L1"'
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="{_NAMESPACE}">
<Experiment ID="Experiment:0" Type="Photobleaching"><Description>Bleaching</Description></Experiment>
<Plate ID="Plate:0" Name="P7" Status="done" ExternalIdentifier="bar-7" ColumnNamingConvention="number"
 RowNamingConvention="letter" WellOriginX="1" WellOriginXUnit="mm" WellOriginY="2" WellOriginYUnit="mm" Rows="4"
 Columns="6" FieldIndex="1"><Description>Seventh plate</Description>
<Well ID="Well:0" Row="1" Column="2" ExternalDescription="with drug" ExternalIdentifier="w-B3" Type="control"
 Color="-16776961"><WellSample ID="WellSample:0" Index="0" PositionX="5" PositionXUnit="µm" PositionY="6"
 PositionYUnit="µm" Timepoint="2020-01-02T03:04:05"><ImageRef ID="Image:0"/></WellSample>
<WellSample ID="WellSample:1" Index="1"><ImageRef ID="Image:1"/></WellSample>
<ReagentRef ID="Reagent:0"/><AnnotationRef ID="Annotation:tag"/></Well>
<Well ID="Well:1" Row="2" Column="0"/>
<AnnotationRef ID="Annotation:map"/>
<PlateAcquisition ID="PlateAcquisition:0" Name="run 1" StartTime="2020-01-02T03:00:00" EndTime="2020-01-02T04:00:00"
 MaximumFieldCount="2"><Description>First run</Description><WellSampleRef ID="WellSample:0"/>
<WellSampleRef ID="WellSample:1"/><AnnotationRef ID="Annotation:comment"/></PlateAcquisition></Plate>
<Screen ID="Screen:0" Name="Drugs" ProtocolIdentifier="p1" ProtocolDescription="protocol" ReagentSetDescription="set"
 ReagentSetIdentifier="r1" Type="RNA"><Description>All drugs</Description>
<Reagent ID="Reagent:0" Name="aspirin" ReagentIdentifier="a-1"><Description>a drug</Description></Reagent>
<PlateRef ID="Plate:0"/><AnnotationRef ID="Annotation:tag"/></Screen>
<Experimenter ID="Experimenter:0" FirstName="Ada" LastName="Smith"/>
<Instrument ID="Instrument:0"><Microscope {_MADE} Type="Inverted"/>
<Laser ID="LightSource:0" {_MADE} Power="5" PowerUnit="mW" Type="Gas" LaserMedium="Ar" Wavelength="488"
 WavelengthUnit="nm" FrequencyMultiplication="2" Tuneable="true" Pulse="CW" PockelCell="false" RepetitionRate="80"
 RepetitionRateUnit="MHz"><Pump ID="LightSource:1"/></Laser>
<Arc ID="LightSource:1" {_MADE} Type="Hg"/>
<GenericExcitationSource ID="LightSource:2" {_MADE}><Map><M K="bulb">old</M></Map></GenericExcitationSource>
<Detector ID="Detector:0" {_MADE} Gain="1" Voltage="500" VoltageUnit="V" Offset="3" Zoom="1.5" AmplificationGain="2"
 Type="PMT"><AnnotationRef ID="Annotation:comment"/></Detector>
<Detector ID="Detector:1" Model="spare" Type="CCD"/>
<Objective ID="Objective:0" {_MADE} Correction="PlanApo" Immersion="Oil" LensNA="1.4" NominalMagnification="63"
 CalibratedMagnification="62.8" WorkingDistance="0.2" WorkingDistanceUnit="mm" Iris="true"/>
<FilterSet ID="FilterSet:0" {_MADE}><ExcitationFilterRef ID="Filter:0"/><DichroicRef ID="Dichroic:0"/>
<EmissionFilterRef ID="Filter:1"/></FilterSet>
<Filter ID="Filter:0" {_MADE} Type="BandPass" FilterWheel="wheel 1"><TransmittanceRange CutIn="470" CutInUnit="nm"
 CutOut="490" CutOutUnit="nm" CutInTolerance="1" CutInToleranceUnit="nm" CutOutTolerance="2" CutOutToleranceUnit="nm"
 Transmittance="0.9"/></Filter>
<Filter ID="Filter:1" Model="emission" Type="LongPass"/>
<Dichroic ID="Dichroic:0" {_MADE}><AnnotationRef ID="Annotation:double"/></Dichroic>
</Instrument>{_image(0)}{_image(1)}
<StructuredAnnotations>
<XMLAnnotation ID="Annotation:xml" Namespace="test/xml"><Value><note xmlns=""><a>1</a></note></Value></XMLAnnotation>
<LongAnnotation ID="Annotation:long"><Value>12345678901</Value></LongAnnotation>
<DoubleAnnotation ID="Annotation:double" Namespace="test/double"><Value>1.25</Value></DoubleAnnotation>
<CommentAnnotation ID="Annotation:comment" Namespace="test/comment"><Description>why</Description>
<Value>A comment</Value></CommentAnnotation>
<TagAnnotation ID="Annotation:tag" Namespace="test/tag"><Value>mitosis</Value></TagAnnotation>
<MapAnnotation ID="Annotation:map" Namespace="openmicroscopy.org/omero/client/mapAnnotation">
<Value><M K="gene">TP53</M><M K="gene">again</M></Value></MapAnnotation>
</StructuredAnnotations>{_roi(0)}{_roi(1)}
</OME>
"""


def write_whole(path: Path, xml: str = XML) -> Path:
    """Write the file; returns its path."""
    with tifffile.TiffWriter(path) as tif:
        for number, values in enumerate(VALUES.reshape(-1, 20, 30)):
            text = xml.encode() if number == 0 else None
            tif.write(values, photometric="minisblack", description=text, metadata=None)
    return path
